// `assay reference` (hidden): evaluates a graph in this process, so that the truth's memory and threads are
// gone when it ends.
#include "base/file.h"
#include "cli/commands.h"
#include "graph/json.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::cli {
namespace {

Result<> evaluate(const ReferenceArguments& arguments) {
  ASSAY_TRY(const auto text, read_file(arguments.graph));
  ASSAY_TRY(const auto graph, graph::from_json(text));
  tensor::TensorMap bindings;
  for (const auto& path : arguments.bindings) {
    ASSAY_TRY(auto part, tensor::read_safetensors(path));
    bindings.merge(part);
  }
  const reference::Options options{
      .scalar = arguments.scalar == "f32" ? reference::Scalar::f32 : reference::Scalar::f64,
      .blocking = arguments.blocking,
      .threads = arguments.threads,
      .operands = reference::operands_from_name(arguments.operands).value_or(reference::Operands::full),
      .kinks = reference::kinks_from_name(arguments.kinks).value_or(reference::Kinks::computed),
      .kink_width = arguments.kink_width,
  };
  ASSAY_TRY(const auto outputs, reference::evaluate(graph, bindings, options));
  return tensor::write_safetensors(arguments.output, outputs);
}

}  // namespace

int run(const ReferenceArguments& arguments) {
  const auto result = evaluate(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
