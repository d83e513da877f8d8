// How fast the truth is: the time of one float64 evaluation of a model's step, and which share of this
// machine's own float64 matrix product that is. Built on demand: cmake --build build/release --target
// reference_speed
//   reference_speed [MODEL [full|tiny [inference|training [THREADS]]]]
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "autodiff/gradient.h"
#include "base/clock.h"
#include "base/file.h"
#include "graph/cost.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "reference/blas.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace {

using namespace assay;

struct Problem {
  graph::Graph graph;
  tensor::TensorMap bindings;
};

// The step of a workload (in training with its gradients) with its weights and first input set.
Result<Problem> problem_of(const std::string& name, const std::string& size, const std::string& workload) {
  ASSAY_TRY(const models::Model model, models::find_model(name, size));
  ASSAY_TRY(const models::Workload built, model.build(workload));
  Problem problem{built.step.graph, {}};
  if (workload == "training") {
    ASSAY_TRY(problem.graph, autodiff::gradient(built.step.graph));
  }
  const auto path = cache_dir() / "bench" / fmt::format("{}-{}.safetensors", name, size);
  std::filesystem::create_directories(path.parent_path());
  ASSAY_TRY_VOID(models::write_weights(built.step.graph, model.checkpoint, 0, path));
  ASSAY_TRY(problem.bindings, tensor::read_safetensors(path));
  for (const auto& [input, tensor] : built.step.inputs[0]) problem.bindings.insert_or_assign(input, tensor);
  return problem;
}

Result<> measure(const Problem& problem, int threads) {
  constexpr int kRepetitions = 5;
  const double flops = graph::cost(problem.graph).flops;
  fmt::print("OpenBLAS kernels {}, {} nodes, {:.1f} GFLOP\n", reference::blas_core(),
             problem.graph.nodes().size(), flops * 1e-9);
  for (int i = 0; i < kRepetitions; ++i) {
    const double peak = reference::measured_gemm_peak<double>(threads);
    const int64_t start_ns = now_ns();
    ASSAY_TRY(const auto outputs, reference::evaluate(problem.graph, problem.bindings, {.threads = threads}));
    const double seconds = static_cast<double>(now_ns() - start_ns) * 1e-9;
    fmt::print("{:.3f} s, {:.1f} GFLOP/s; float64 GEMM {:.1f} GFLOP/s: {:.0f} %\n", seconds,
               flops / seconds * 1e-9, peak * 1e-9, 100 * flops / seconds / peak);
  }
  return {};
}

std::string argument(int argc, char** argv, int i, const char* otherwise) {
  return i < argc ? argv[i] : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const auto problem = problem_of(argument(argc, argv, 1, "smollm2-135m"), argument(argc, argv, 2, "full"),
                                  argument(argc, argv, 3, "inference"));
  const auto done = problem ? measure(*problem, std::stoi(argument(argc, argv, 4, "0")))
                            : Result<>(std::unexpected(problem.error()));
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().message);
  return 1;
}
