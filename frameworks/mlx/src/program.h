// A graph as one function of MLX arrays, traced and compiled once. Weights, states and inputs are its
// arguments.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay_runner/runner.h"
#include "emitter.h"

namespace mlx_runner {

// What is written when its turn comes; `value` must live until then.
[[nodiscard]] assay_runner::PendingTensor as_pending(std::string name, const Value& value, array data);

class Program {
 public:
  // `load` has passed screen(). Weights and states are copied and laid out as MLX wants them; those that
  // `shared` has lie there already.
  explicit Program(std::shared_ptr<const assay_runner::Load> load, const Program* shared = nullptr);

  // Computes everything, and waits for it.
  void step(const assay_runner::TensorMap& inputs);
  // What the last step left, in the order of the graph's outputs.
  [[nodiscard]] const std::vector<array>& left() const { return left_; }
  // Puts the keys and values that a prefill's last step left into the first places of the caches.
  void begin_caches(const Program& prefill);
  // The last step's outputs where it left them; copied only where MLX has them in another order.
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs() const;

 private:
  using Arrays = std::vector<array>;

  [[nodiscard]] bool trains(const Value& value) const;
  void make_residents(const Program* shared);
  [[nodiscard]] const array* resident(std::string_view name) const;
  void make_caches();
  // The function that is compiled: outputs, with gradients those of the trained parameters, then the caches.
  [[nodiscard]] Arrays traced(const Arrays& arguments) const;
  [[nodiscard]] Arrays forward(const Arrays& arguments) const;
  [[nodiscard]] array kept(Emitter& emitter, ValueId state) const;

  std::shared_ptr<const assay_runner::Load> load_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> resident_ids_;  // trained parameters first
  std::vector<bool> channels_last_;    // of the residents
  std::vector<ValueId> cached_;        // states with a buffer
  size_t trained_ = 0;
  Arrays residents_;
  Arrays caches_;  // given to each step, and given back by it, so that MLX writes the new rows in place
  Arrays left_;    // by the last step
  std::function<Arrays(const Arrays&)> compiled_;
};

}  // namespace mlx_runner
