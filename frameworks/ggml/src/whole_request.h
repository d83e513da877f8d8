// A whole request: the prompt through one ggml graph, whose keys and values come into the caches of another,
// then token by token through that.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "program.h"

namespace ggml_runner {

class WholeRequest {
 public:
  // Both graphs of `load`'s generation have passed screen(). Fails as Program::build does.
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<WholeRequest>> build(
      std::shared_ptr<const assay_runner::Load> load);

  [[nodiscard]] assay_runner::Answer<> parts(const assay_runner::TensorMap& inputs,
                                             const std::function<void()>& done);
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs() const;

 private:
  explicit WholeRequest(std::shared_ptr<const assay_runner::Load> load) : load_(std::move(load)) {}
  [[nodiscard]] assay_runner::Answer<> part(Program& program, const assay_runner::TensorMap& inputs,
                                            int64_t index);

  std::shared_ptr<const assay_runner::Load> load_;
  std::unique_ptr<Program> decode_, prefill_;
  Tensor logits_{assay::tensor::DType::f32, {0}};  // of all parts
};

}  // namespace ggml_runner
