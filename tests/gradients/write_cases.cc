// Writes every case, its graph, and the gradient graph as ONNX, with its weights and the float64 truth, into
// folders of their own:
//   gradient_cases DIRECTORY
// For the tests that run them elsewhere.
#include <cstdio>
#include <filesystem>

#include "autodiff/gradient.h"
#include "base/file.h"
#include "case.h"
#include "graph/json.h"
#include "onnx/export.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::gradients {
namespace {

// As the runtime gets them.
tensor::TensorMap in_float32(const tensor::TensorMap& bindings) {
  tensor::TensorMap result;
  for (const auto& [name, tensor] : bindings) result[name] = tensor::converted(tensor, tensor::DType::f32);
  return result;
}

Result<> write_case(const Case& test, const std::filesystem::path& folder) {
  Maker maker(case_name(test));
  const auto values = test.build(maker);
  ASSAY_TRY(const auto forward, with_loss(maker, values));
  ASSAY_TRY(const auto gradient, autodiff::gradient(forward));
  const auto weights = in_float32(maker.bindings());
  ASSAY_TRY(const auto truth, reference::evaluate(gradient, weights, {.threads = 1}));
  std::filesystem::create_directories(folder);
  ASSAY_TRY_VOID(write_file(folder / "graph.json", graph::to_json(forward)));
  ASSAY_TRY_VOID(tensor::write_safetensors(folder / "weights.safetensors", weights));
  ASSAY_TRY_VOID(tensor::write_safetensors(folder / "truth.safetensors", truth));
  return onnx::export_onnx(gradient, folder / "weights.safetensors", folder / "gradient.onnx");
}

Result<> write_cases(const std::filesystem::path& folder) {
  for (const Case& test : all_cases()) {
    const auto done = write_case(test, folder / case_name(test));
    if (!done) return fail(done.error().kind, "{}: {}", case_name(test), done.error().message);
  }
  return {};
}

}  // namespace
}  // namespace assay::gradients

int main(int argc, char** argv) {
  if (argc != 2) return std::puts("usage: gradient_cases DIRECTORY"), 2;
  const auto done = assay::gradients::write_cases(argv[1]);
  if (!done) std::puts(done.error().message.c_str());
  return done ? 0 : 1;
}
