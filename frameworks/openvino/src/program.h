// A compiled model that is ready to step: residents bound, results in memory that is there already.
#pragma once

#include <memory>
#include <vector>

#include "assay_runner/runner.h"
#include "model.h"

namespace openvino_runner {

// The variant that runs our gradient graph: trained weights are arguments there.
inline constexpr auto kGradientGraph = "gradient-graph";
// The variant that runs the user's own ONNX file.
inline constexpr auto kAsGiven = "as-given";

class Program {
 public:
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<Program>> build(
      const std::shared_ptr<const assay_runner::Load>& load);

  // Computes everything from the arguments, which stay where they lie.
  void step(const assay_runner::TensorMap& inputs);
  // How many there are to compute.
  [[nodiscard]] int threads() const { return threads_; }
  // The last step's results, where it left them.
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs();

 private:
  Program(std::shared_ptr<const assay_runner::Load> load, ov::CompiledModel compiled)
      : load_(std::move(load)), compiled_(std::move(compiled)), request_(compiled_.create_infer_request()) {}
  void bind(const std::vector<std::string>& arguments);

  struct Argument {
    std::string name;
    size_t place;
  };

  std::shared_ptr<const assay_runner::Load> load_;
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  std::vector<Argument> inputs_;
  int threads_ = 0;
};

}  // namespace openvino_runner
