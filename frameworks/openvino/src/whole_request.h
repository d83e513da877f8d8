// A whole request: the prompt through one compiled model, then token by token through another, whose states
// are arguments that lie in host memory, where the new keys and values are put.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "program.h"

namespace openvino_runner {

class WholeRequest {
 public:
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<WholeRequest>> build(
      const std::shared_ptr<const assay_runner::Load>& load);

  void parts(const assay_runner::TensorMap& inputs, const std::function<void()>& done);
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs() const;
  [[nodiscard]] int threads() const { return decode_->threads(); }

 private:
  explicit WholeRequest(std::shared_ptr<const assay_runner::Load> load) : load_(std::move(load)) {}
  void keep(Program& part, int64_t first, int64_t index);

  std::shared_ptr<const assay_runner::Load> load_;
  std::shared_ptr<assay_runner::Load> prefill_load_, decode_load_;  // the states are the latter's
  std::unique_ptr<Program> prefill_, decode_;
  assay_runner::Tensor logits_;
};

}  // namespace openvino_runner
