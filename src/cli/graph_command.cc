// `assay graph`: a model's graph, or one in a file, as a readable summary, as JSON, or as an ONNX file with
// its weights beside it.
#include <cstdio>

#include "autodiff/gradient.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "gguf/export.h"
#include "graph/json.h"
#include "graph/summary.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "onnx/export.h"

namespace assay::cli {
namespace {

// A model's graph, or one that lies in a file; and where its parameters come from.
struct Chosen {
  graph::Graph graph;
  std::vector<std::filesystem::path> checkpoint;
};

Result<Chosen> choose(const GraphArguments& arguments) {
  if (arguments.model.ends_with(".json")) {
    ASSAY_TRY(const auto text, read_file(arguments.model));
    auto graph = graph::from_json(text);
    if (!graph) return fail(graph.error().kind, "{}: {}", arguments.model, graph.error().message);
    return Chosen{.graph = *std::move(graph), .checkpoint = {}};
  }
  ASSAY_TRY(const auto model, models::find_model(arguments.model, arguments.size));
  ASSAY_TRY(auto workload, model.build(arguments.workload));
  return Chosen{.graph = std::move(workload.step.graph), .checkpoint = model.checkpoint};
}

Result<> write_onnx(const Chosen& chosen, const GraphArguments& arguments) {
  std::filesystem::path weights = arguments.onnx;
  weights.replace_extension(".safetensors");
  // A file of that name may be the user's own.
  if (!std::filesystem::exists(weights))
    ASSAY_TRY_VOID(models::write_weights(chosen.graph, chosen.checkpoint, arguments.seed, weights));
  ASSAY_TRY_VOID(onnx::export_onnx(chosen.graph, weights, arguments.onnx));
  print_error("assay: wrote {} and {}\n", arguments.onnx.string(), weights.string());
  return {};
}

// The weights are needed only until they have been copied into the file.
Result<> write_gguf(const Chosen& chosen, const GraphArguments& arguments) {
  std::filesystem::path weights = arguments.gguf;
  weights += ".safetensors";
  ASSAY_TRY_VOID(models::write_weights(chosen.graph, chosen.checkpoint, arguments.seed, weights));
  const auto written = gguf::export_gguf(chosen.graph, weights, arguments.gguf);
  std::filesystem::remove(weights);
  if (written) print_error("assay: wrote {}\n", arguments.gguf.string());
  return written;
}

Result<> show_graph(const GraphArguments& arguments) {
  ASSAY_TRY(Chosen chosen, choose(arguments));
  if (arguments.gradient) {
    ASSAY_TRY(chosen.graph, autodiff::gradient(chosen.graph));
  }
  if (!arguments.onnx.empty()) return write_onnx(chosen, arguments);
  if (!arguments.gguf.empty()) return write_gguf(chosen, arguments);
  print("{}\n", arguments.json ? graph::to_json(chosen.graph) : graph::summary(chosen.graph));
  return {};
}

}  // namespace

int run(const GraphArguments& arguments) {
  const auto result = show_graph(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
