// A whole request: the prompt through one program, then token by token through another, which keeps the keys
// and values of both.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "program.h"

namespace mlx_runner {

class WholeRequest {
 public:
  // Both graphs of `load`'s generation have passed screen().
  explicit WholeRequest(const std::shared_ptr<const assay_runner::Load>& load);

  void parts(const assay_runner::TensorMap& inputs, const std::function<void()>& done);
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs() const;

 private:
  std::shared_ptr<const assay_runner::Load> load_;
  std::unique_ptr<Program> decode_, prefill_;
  std::vector<array> logits_;  // of each part
};

}  // namespace mlx_runner
