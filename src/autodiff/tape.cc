#include "autodiff/tape.h"

#include <algorithm>
#include <ranges>

namespace assay::autodiff {
namespace {

size_t index(ValueId value) { return static_cast<size_t>(value); }

bool any_of(const std::vector<ValueId>& values, const std::vector<bool>& marks) {
  return std::ranges::any_of(values, [&](ValueId v) { return v != kAbsent && marks[index(v)]; });
}

}  // namespace

Tape::Tape(const graph::Graph& forward, ValueId loss, Emitter& emitter)
    : forward_(forward),
      emitter_(emitter),
      values_(forward.values().size(), kAbsent),
      needed_(forward.values().size()),
      trained_(forward.values().size()),
      sums_(forward.values().size()) {
  mark_needed(loss);
  mark_trained();
}

void Tape::mark_needed(ValueId loss) {
  needed_[index(loss)] = true;
  for (const graph::Node& node : std::views::reverse(forward_.nodes())) {
    if (!needed(node)) continue;
    for (const ValueId v : node.inputs)
      if (v != kAbsent) needed_[index(v)] = true;
  }
}

void Tape::mark_trained() {
  for (size_t i = 0; i < trained_.size(); ++i) trained_[i] = forward_.values()[i].trainable;
  for (const graph::Node& node : forward_.nodes()) {
    if (!any_of(node.inputs, trained_)) continue;
    for (const ValueId v : node.outputs)
      if (v != kAbsent) trained_[index(v)] = tensor::is_floating(forward_.value(v).dtype);
  }
}

bool Tape::needed(const graph::Node& node) const { return any_of(node.outputs, needed_); }

bool Tape::active(ValueId forward_value) const {
  return forward_value != kAbsent && needed_[index(forward_value)] && trained_[index(forward_value)];
}

bool Tape::active(const graph::Node& node) const {
  return std::ranges::any_of(node.outputs, [this](ValueId v) { return active(v); });
}

ValueId Tape::value(ValueId forward_value) const {
  return forward_value == kAbsent ? kAbsent : values_[index(forward_value)];
}

void Tape::set_value(ValueId forward_value, ValueId value) {
  if (forward_value != kAbsent) values_[index(forward_value)] = value;
}

ValueId Tape::output(const graph::Node& node, size_t i) const {
  const auto found = outputs_.find(&node);
  return found == outputs_.end() || i >= found->second.size() ? kAbsent : found->second[i];
}

void Tape::set_outputs(const graph::Node& node, std::vector<ValueId> outputs) {
  for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i)
    set_value(node.outputs[i], outputs[i]);
  outputs_[&node] = std::move(outputs);
}

void Tape::add(ValueId forward_value, ValueId gradient) {
  if (!active(forward_value)) return;
  ValueId& whole = sums_[index(forward_value)].whole;
  whole = whole == kAbsent ? gradient : emitter_.add(whole, gradient);
}

void Tape::add_rows(ValueId forward_value, ValueId indices, ValueId rows) {
  if (active(forward_value)) sums_[index(forward_value)].rows.push_back({indices, rows});
}

bool Tape::has_gradient(ValueId forward_value) const {
  if (forward_value == kAbsent) return false;
  const Sum& sum = sums_[index(forward_value)];
  return sum.whole != kAbsent || !sum.rows.empty();
}

ValueId Tape::gradient(ValueId forward_value) {
  const graph::Value& value = forward_.value(forward_value);
  Sum& sum = sums_[index(forward_value)];
  if (sum.whole == kAbsent) sum.whole = emitter_.zeros(value.shape, value.dtype);
  for (const Rows& part : sum.rows)
    sum.whole =
        emitter_.op("ScatterND", {sum.whole, part.indices, part.rows}, {{"reduction", std::string("add")}});
  sum.rows.clear();
  return sum.whole;
}

}  // namespace assay::autodiff
