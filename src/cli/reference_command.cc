// `assay reference` (hidden): evaluates a graph in this process, so that the truth's memory and threads are
// gone when it ends.
#include "cli/commands.h"
#include "verify/truth.h"

namespace assay::cli {
namespace {

verify::ReferenceJob job_of(const ReferenceArguments& arguments) {
  return {
      .graph = arguments.graph,
      .bindings = {arguments.bindings.begin(), arguments.bindings.end()},
      .out = arguments.output,
      .options = {
          .scalar = arguments.scalar == "f32" ? reference::Scalar::f32 : reference::Scalar::f64,
          .blocking = arguments.blocking,
          .threads = arguments.threads,
          .operands = reference::operands_from_name(arguments.operands).value_or(reference::Operands::full),
          .kinks = reference::kinks_from_name(arguments.kinks).value_or(reference::Kinks::computed),
          .kink_width = arguments.kink_width,
      }};
}

}  // namespace

int run(const ReferenceArguments& arguments) {
  const auto result = verify::evaluate_here(job_of(arguments));
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
