#include "autodiff/unrolled.h"

#include <algorithm>

#include "graph/builder.h"
#include "graph/recurrent.h"

namespace assay::autodiff {
namespace {

using graph::Attributes;
using graph::Builder;
using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::RecurrentSizes;
using graph::Role;
using graph::Shape;
using graph::Tensor;
using graph::Value;
using graph::ValueId;

// One direction of a node, as nodes of plain operators.
class Steps {
 public:
  // `inputs` are the node's, as values of the graph that is written.
  Steps(Builder& builder, const Node& node, const RecurrentSizes& sizes, const std::vector<ValueId>& inputs,
        int64_t number)
      : b_(builder),
        node_(node),
        s_(sizes),
        inputs_(inputs),
        number_(number),
        rows_(sizes.gates * sizes.hidden) {}

  // x: [steps, batch, input]. Sets the states of all steps and the last ones.
  void write(ValueId x) {
    const ValueId bias = given(3) == kAbsent ? kAbsent : reshape(entry(3), {2 * rows_});
    if (bias != kAbsent) biases_ = split(bias, 0, {rows_, rows_});
    state_weights_ = reshape(entry(2), {rows_, s_.hidden});
    const ValueId products =
        linear(x, reshape(entry(1), {rows_, s_.input}), bias == kAbsent ? kAbsent : biases_[0]);
    const std::vector<ValueId> steps =
        split(products, 0, std::vector<int64_t>(static_cast<size_t>(s_.steps), 1));
    h_ = initial(5);
    if (s_.gates == 4) cell_ = initial(6);
    all_.resize(steps.size());
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t step = s_.reverse || number_ == 1 ? steps.size() - 1 - i : i;
      advance(reshape(steps[step], {s_.batch, rows_}));
      all_[step] = reshape(h_, {1, 1, s_.batch, s_.hidden});
    }
  }

  // [steps, 1, batch, hidden] and [1, batch, hidden].
  [[nodiscard]] ValueId all() {
    return all_.size() == 1 ? all_[0] : op("Concat", all_, {{"axis", int64_t{0}}});
  }
  [[nodiscard]] ValueId last_h() { return reshape(h_, {1, s_.batch, s_.hidden}); }
  [[nodiscard]] ValueId last_cell() { return reshape(cell_, {1, s_.batch, s_.hidden}); }

 private:
  ValueId op(const std::string& name, std::vector<ValueId> operands, Attributes attributes = {}) {
    return b_.op(next(name), name, std::move(operands), std::move(attributes));
  }
  std::string next(const std::string& name) {
    return fmt::format("{}/{}/{}.{}", node_.name, number_, name, count_++);
  }

  ValueId integers(const std::vector<int64_t>& values) {
    return b_.constant(next("i64"), Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
  }
  ValueId reshape(ValueId x, const Shape& shape) {
    return b_.shape(x) == shape ? x : op("Reshape", {x, integers(shape)});
  }
  ValueId linear(ValueId x, ValueId w, ValueId bias) { return op("Linear", {x, w, bias}); }
  ValueId add(ValueId a, ValueId b) { return op("Add", {a, b}); }
  ValueId mul(ValueId a, ValueId b) { return op("Mul", {a, b}); }
  ValueId sigmoid(ValueId x) { return op("Sigmoid", {x}); }
  ValueId tanh(ValueId x) { return op("Tanh", {x}); }

  std::vector<ValueId> split(ValueId x, int64_t axis, const std::vector<int64_t>& lengths) {
    if (lengths.size() == 1) return {x};
    const std::string name = next("Split");
    std::vector<std::string> outputs;
    for (size_t i = 0; i < lengths.size(); ++i) outputs.push_back(fmt::format("{}:{}", name, i));
    return b_.ops(name, "Split", {x, integers(lengths)}, {{"axis", axis}}, outputs);
  }
  std::vector<ValueId> gates(ValueId x) {
    return split(x, 1, std::vector<int64_t>(static_cast<size_t>(s_.gates), s_.hidden));
  }

  [[nodiscard]] ValueId given(size_t i) const { return i < inputs_.size() ? inputs_[i] : kAbsent; }

  // This direction's part of an operand, along `axis`.
  ValueId entry(size_t operand, int64_t axis = 0) {
    if (s_.directions == 1) return given(operand);
    return op("Slice", {given(operand), integers({number_}), integers({number_ + 1}), integers({axis})});
  }

  ValueId initial(size_t operand) {
    const Shape shape{s_.batch, s_.hidden};
    if (given(operand) != kAbsent) return reshape(entry(operand, s_.batch_first ? 1 : 0), shape);
    const auto dtype = b_.graph().value(given(0)).dtype;
    return b_.constant(next("zeros"), Tensor(dtype, shape));
  }

  ValueId from_state(ValueId h) { return linear(h, state_weights_, biases_.empty() ? kAbsent : biases_[1]); }

  void advance(ValueId product) {
    if (s_.gates == 4) return advance_lstm(product);
    if (s_.gates == 3) return advance_gru(product);
    h_ = tanh(add(product, from_state(h_)));
  }

  // Gates in the order input, output, forget, cell.
  void advance_lstm(ValueId product) {
    const std::vector<ValueId> sums = gates(add(product, from_state(h_)));
    const auto peep = [&](size_t which) {
      if (given(7) == kAbsent) return sums[which];
      const ValueId factors =
          split(reshape(entry(7), {3 * s_.hidden}), 0, {s_.hidden, s_.hidden, s_.hidden})[which];
      return add(sums[which], mul(cell_, factors));
    };
    const ValueId in = sigmoid(peep(0)), forget = sigmoid(peep(2));
    cell_ = add(mul(forget, cell_), mul(in, tanh(sums[3])));
    h_ = mul(sigmoid(peep(1)), tanh(cell_));
  }

  // Gates in the order update, reset, hidden: h' = n + z (h - n).
  void advance_gru(ValueId product) {
    const std::vector<ValueId> x = gates(product), h = gates(from_state(h_));
    const ValueId update = sigmoid(add(x[0], h[0])), reset = sigmoid(add(x[1], h[1]));
    const bool reset_last = node_.integer("linear_before_reset", 0) != 0;
    const ValueId inner = reset_last ? mul(reset, h[2]) : gates(from_state(mul(reset, h_)))[2];
    const ValueId candidate = tanh(add(x[2], inner));
    h_ = add(candidate, mul(update, op("Sub", {h_, candidate})));
  }

  Builder& b_;
  const Node& node_;
  const RecurrentSizes& s_;
  const std::vector<ValueId>& inputs_;
  int64_t number_, rows_;
  int64_t count_ = 0;
  std::vector<ValueId> biases_, all_;
  ValueId state_weights_ = kAbsent, h_ = kAbsent, cell_ = kAbsent;
};

class Unroller {
 public:
  explicit Unroller(const Graph& forward)
      : forward_(forward),
        b_(forward.name()),
        values_(forward.values().size(), kAbsent),
        trained_(values_.size()) {}

  Result<Graph> run() {
    copy_values();
    for (const Node& node : forward_.nodes()) {
      const bool trained =
          std::ranges::any_of(node.inputs, [&](ValueId id) { return id != kAbsent && trained_[at(id)]; });
      for (const ValueId id : node.outputs)
        if (id != kAbsent) trained_[at(id)] = trained;
      if (trained && is_unrolled(node.op))
        ASSAY_TRY_VOID(write_out(node));
      else
        copy(node);
    }
    for (const ValueId id : forward_.outputs()) b_.output(values_[at(id)]);
    return std::move(b_).finish();
  }

 private:
  static size_t at(ValueId id) { return static_cast<size_t>(id); }

  void copy_values() {
    for (size_t i = 0; i < values_.size(); ++i) {
      const Value& v = forward_.values()[i];
      if (v.role == Role::input) values_[i] = b_.input(v.name, v.dtype, v.shape);
      if (v.role == Role::state) values_[i] = b_.state(v.name, v.dtype, v.shape);
      if (v.role == Role::parameter) values_[i] = b_.parameter(v.name, v.shape, v.init, v.trainable);
      if (v.role == Role::constant) values_[i] = b_.constant(v.name, v.data);
      trained_[i] = v.role == Role::parameter && v.trainable;
    }
  }

  std::vector<ValueId> inputs_of(const Node& node) const {
    std::vector<ValueId> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(id == kAbsent ? kAbsent : values_[at(id)]);
    return inputs;
  }

  void copy(const Node& node) {
    std::vector<std::string> names;
    for (const ValueId id : node.outputs) names.push_back(id == kAbsent ? "" : forward_.value(id).name);
    const auto made = b_.ops(node.name, node.op, inputs_of(node), node.attributes, names);
    for (size_t i = 0; i < names.size(); ++i)
      if (node.outputs[i] != kAbsent) values_[at(node.outputs[i])] = made[i];
  }

  Result<> write_out(const Node& node) {
    if (node.input(4) != kAbsent)
      return fail(ErrorKind::data,
                  "node {}: {} has no gradient here: sequences of different lengths are not supported",
                  node.name, node.op);
    ASSAY_TRY(const RecurrentSizes s, graph::recurrent_sizes(forward_, node));
    const std::vector<ValueId> inputs = inputs_of(node);
    const ValueId x = s.batch_first ? turned(node, "x", inputs[0], {1, 0, 2}) : inputs[0];
    std::vector<ValueId> all, last_h, last_cell;
    for (int64_t number = 0; number < s.directions; ++number) {
      Steps steps(b_, node, s, inputs, number);
      steps.write(x);
      all.push_back(steps.all());
      last_h.push_back(steps.last_h());
      if (s.gates == 4) last_cell.push_back(steps.last_cell());
    }
    set(node, 0, all, 1, s.batch_first ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>());
    const std::vector<int64_t> states =
        s.batch_first ? std::vector<int64_t>{1, 0, 2} : std::vector<int64_t>();
    set(node, 1, last_h, 0, states);
    if (s.gates == 4) set(node, 2, last_cell, 0, states);
    return {};
  }

  ValueId turned(const Node& node, const std::string& what, ValueId x, const std::vector<int64_t>& order) {
    return b_.op(fmt::format("{}/{}.turned", node.name, what), "Transpose", {x}, {{"perm", order}});
  }

  // Output i under its name: the directions joined, their axes in the layout's order.
  void set(const Node& node, size_t i, const std::vector<ValueId>& directions, int64_t axis,
           const std::vector<int64_t>& order) {
    const ValueId id = node.output(i);
    if (id == kAbsent) return;
    const std::string what = fmt::format("{}", i);
    ValueId joined = directions[0];
    if (directions.size() > 1)
      joined = b_.op(fmt::format("{}/{}.joined", node.name, what), "Concat", directions, {{"axis", axis}});
    if (!order.empty()) joined = turned(node, what, joined, order);
    const std::string name = fmt::format("{}/{}.output", node.name, what);
    values_[at(id)] = b_.ops(name, "Identity", {joined}, {}, {forward_.value(id).name})[0];
  }

  const Graph& forward_;
  Builder b_;
  std::vector<ValueId> values_;  // by the forward graph's
  std::vector<bool> trained_;
};

}  // namespace

bool is_unrolled(std::string_view op) { return op == "LSTM" || op == "GRU" || op == "RNN"; }

Result<Graph> unrolled(const Graph& forward) { return Unroller(forward).run(); }

}  // namespace assay::autodiff
