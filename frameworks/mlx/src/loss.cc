// The cross-entropy.
#include "operators.h"
#include "sums.h"

namespace mlx_runner {
namespace {

array weighted_mean(const array& losses, const std::optional<array>& weights) {
  return total(losses) / (weights ? total(*weights) : number(losses.size(), losses));
}

// Each position's factor; nothing where all count alike.
std::optional<array> factors(const Call& call, const array& safe, const std::optional<array>& counted) {
  if (!call.given(2) && !counted) return std::nullopt;
  const array ones = mx::ones(safe.shape(), mlx_dtype(call.value(0).dtype));
  const array weights = call.given(2) ? mx::take(call.x(2), safe, 0) : ones;
  return counted ? mx::where(*counted, weights, number(0, weights)) : weights;
}

// The scores have their classes in the second place; as mlx.nn.losses.cross_entropy has it, they come last.
void softmax_cross_entropy(const Call& call) {
  array scores = channels_moved_last(call.x(0));
  if (call.wanted(1)) scores = scores - mx::stop_gradient(mx::max(scores, -1, true));
  const array labels = call.x(1);
  std::optional<array> counted;
  if (call.node().has("ignore_index"))
    counted = mx::not_equal(labels, number(call.node().integer("ignore_index", 0), labels));
  const array safe = counted ? mx::where(*counted, labels, number(0, labels)) : labels;
  const array log_sum = mx::logsumexp(scores, -1, true);
  const array chosen = mx::take_along_axis(scores, mx::expand_dims(safe, -1), -1);
  array losses = mx::squeeze(log_sum - chosen, -1);
  const auto weights = factors(call, safe, counted);
  if (weights) losses = losses * *weights;
  const std::string reduction = call.node().text("reduction", "mean");
  if (reduction == "mean") losses = weighted_mean(losses, weights);
  if (reduction == "sum") losses = total(losses);
  call.set(0, losses);
  if (call.wanted(1)) call.set(1, channels_moved_second(scores - log_sum));
}

}  // namespace

std::vector<Operator> loss_operators() { return {{"SoftmaxCrossEntropyLoss", softmax_cross_entropy}}; }

}  // namespace mlx_runner
