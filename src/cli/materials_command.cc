// `assay materials`: writes what a runner is given, for authors of runners and for tests.
#include "autodiff/gradient.h"
#include "cache/cache.h"
#include "cli/chosen_model.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "materials/materials.h"
#include "tensor/safetensors.h"
#include "verify/truth.h"

namespace assay::cli {
namespace {

Result<> write_state(const models::Evaluation& source, const std::filesystem::path& weights,
                     const std::filesystem::path& path) {
  return verify::write_state(source, weights, path, verify::child_evaluator(executable()));
}

// The gradient graph goes into the same folder under names of its own; weights and inputs are the step's.
Result<> write_gradient(const models::Workload& workload, const std::filesystem::path& directory) {
  ASSAY_TRY(const auto gradient, autodiff::gradient(workload.step.graph));
  return materials::write_graph(gradient, directory / "weights.safetensors", directory / "gradient.json",
                                directory / "gradient.onnx");
}

// The workload's own two input sets. Runners get others with every step; these are for tests, each in a file.
Result<> write_inputs(const models::Evaluation& step, const std::filesystem::path& directory) {
  for (size_t set = 0; set < step.inputs.size(); ++set)
    ASSAY_TRY_VOID(
        tensor::write_safetensors(directory / fmt::format("inputs-{}.safetensors", set), step.inputs[set]));
  return {};
}

// What an earlier call left: a reader finds the new graph when all is written, and nothing that is not its.
Result<> remove_earlier(const std::filesystem::path& directory) {
  std::error_code ec;
  for (const char* name :
       {"graph.json", "model.onnx", "gradient.json", "gradient.onnx", "state.safetensors"}) {
    std::filesystem::remove(directory / name, ec);
    if (ec)
      return fail(ErrorKind::environment, "{}: cannot be removed: {}", (directory / name).string(),
                  ec.message());
  }
  return {};
}

Result<> write_chosen(const MaterialsArguments& arguments) {
  ASSAY_TRY_VOID(check_no_checkpoint(arguments.directory));
  ASSAY_TRY(const auto model,
            chosen_model(arguments.model, arguments.size, arguments.model_file, arguments.weights));
  ASSAY_TRY(const auto workload, chosen_workload(model, arguments.workload, arguments.sizes));
  const materials::WeightsSource source{model.checkpoint, arguments.seed};
  ASSAY_TRY(const auto in_use, cache::use_cache());
  ASSAY_TRY_VOID(remove_earlier(arguments.directory));
  ASSAY_TRY(const auto files, materials::write_materials(workload, workload.step.graph, source,
                                                         arguments.directory, write_state));
  ASSAY_TRY_VOID(write_inputs(workload.step, arguments.directory));
  if (workload.kind() == "training") ASSAY_TRY_VOID(write_gradient(workload, arguments.directory));
  print_error("assay: wrote {}\n", files.directory.string());
  return {};
}

}  // namespace

int run(const MaterialsArguments& arguments) {
  const auto result = write_chosen(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
