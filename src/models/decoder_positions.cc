#include "models/decoder_positions.h"

#include <algorithm>
#include <numeric>

namespace assay::models {

using graph::DType;
using graph::Tensor;

DecoderPositions::DecoderPositions(Layers& layers, const DecoderConfig& config, const Span& span,
                                   std::optional<int64_t> room)
    : b_(layers), c_(config), span_(span), room_(room) {
  if (room) position_ = b_.input("position", DType::i64, {span.batch, 1});
  for (size_t i = 0; i < c_.ropes.size(); ++i) {
    const std::string name = i == 0 ? "rope" : fmt::format("rope.{}", i);
    tables_.push_back({table(c_.ropes[i], name + ".cos", RopePart::cosine),
                       table(c_.ropes[i], name + ".sin", RopePart::sine)});
  }
}

// With room for a past, the row of each position that a token may have is looked up.
ValueId DecoderPositions::table(const Rope& rope, const std::string& name, RopePart part) {
  if (!room_) return b_.constant(name, rope_table(rope, part, span_, c_.float32_angles));
  const Span whole{.batch = 1, .first = 0, .count = *room_ + 1, .total = span_.total};
  const Tensor rows = rope_table(rope, part, whole, c_.float32_angles);
  const auto values = rows.data<float>();
  const ValueId all = b_.constant(
      name + ".all", Tensor::of<float>({whole.count, rows.shape().back()}, {values.begin(), values.end()}));
  return b_.op(name, "Gather", {all, position_}, {{"axis", 0}});
}

ValueId DecoderPositions::mask(int64_t window, int64_t kept) {
  if (!room_) return window_mask(window, kept);
  const auto known = seen_.find(window);
  return known != seen_.end() ? known->second : seen_[window] = seen_mask(window);
}

// Of the places in the past those that are filled and not left behind by a window, and the new token:
// [batch, 1, 1, room + 1].
ValueId DecoderPositions::seen_mask(int64_t window) {
  const std::string name = window > 0 ? fmt::format("seen.{}", window) : "seen";
  const int64_t room = room_.value_or(0);
  std::vector<int64_t> numbers(static_cast<size_t>(room));
  std::iota(numbers.begin(), numbers.end(), 0);
  const ValueId places = b_.constant("places", Tensor::of<int64_t>({room}, numbers));
  ValueId filled = b_.op(name + ".filled", "Less", {places, position_});
  if (window > 0) {
    const ValueId width = b_.constant(name + ".width", Tensor::of<int64_t>({}, {window}));
    const ValueId left = b_.op(name + ".left", "Sub", {position_, width});
    filled = b_.op(name + ".within", "And", {filled, b_.op(name + ".near", "Less", {left, places})});
  }
  Tensor itself(DType::boolean, {span_.batch, 1});
  std::ranges::fill(itself.mutable_data<bool>(), true);
  const ValueId all =
      b_.op(name + ".all", "Concat", {filled, b_.constant("itself", std::move(itself))}, {{"axis", 1}});
  return b_.reshape(name, all, {span_.batch, 1, 1, room + 1});
}

// Row: a new token; column: a kept past token or a new one. True where it is seen.
ValueId DecoderPositions::window_mask(int64_t window, int64_t kept) {
  Tensor mask(DType::boolean, {span_.count, kept + span_.count});
  const auto seen = mask.mutable_data<bool>();
  for (int64_t row = 0; row < span_.count; ++row)
    for (int64_t column = 0; column < kept + span_.count; ++column)
      seen[static_cast<size_t>(row * (kept + span_.count) + column)] =
          column <= kept + row && column > kept + row - window;
  return b_.constant(fmt::format("window.{}", window), std::move(mask));
}

}  // namespace assay::models
