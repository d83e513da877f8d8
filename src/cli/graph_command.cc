// `assay graph`: a model's graph as a readable summary, as JSON, or as an ONNX file with its weights beside it.
#include <cstdio>

#include "autodiff/gradient.h"
#include "cli/commands.h"
#include "graph/json.h"
#include "graph/summary.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "onnx/export.h"

namespace assay::cli {
namespace {

Result<> write_onnx(const models::Model& model, const graph::Graph& graph, const GraphArguments& arguments) {
  std::filesystem::path weights = arguments.onnx;
  weights.replace_extension(".safetensors");
  ASSAY_TRY_VOID(models::write_weights(graph, model.checkpoint, arguments.seed, weights));
  ASSAY_TRY_VOID(onnx::export_onnx(graph, weights, arguments.onnx));
  fmt::print(stderr, "assay: wrote {} and {}\n", arguments.onnx.string(), weights.string());
  return {};
}

Result<> show_graph(const GraphArguments& arguments) {
  ASSAY_TRY(const auto model, models::find_model(arguments.model, arguments.size));
  ASSAY_TRY(const auto workload, model.build(arguments.workload));
  graph::Graph graph = workload.step.graph;
  if (arguments.gradient) {
    ASSAY_TRY(graph, autodiff::gradient(workload.step.graph));
  }
  if (!arguments.onnx.empty()) return write_onnx(model, graph, arguments);
  fmt::print("{}\n", arguments.json ? graph::to_json(graph) : graph::summary(graph));
  return {};
}

}  // namespace

int run(const GraphArguments& arguments) {
  const auto result = show_graph(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
