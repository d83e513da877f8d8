// LSTM, GRU and RNN, unrolled: ggml's graphs have no loops. The input's products of all steps are one
// product; a step adds the state's.
#include "graph/recurrent.h"

#include <algorithm>

#include "functions.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {

using assay::graph::kAbsent;
using assay::graph::RecurrentSizes;
using assay::tensor::Shape;

namespace {

// What a step changes, [batch, hidden].
struct State {
  ggml_tensor* h = nullptr;
  ggml_tensor* cell = nullptr;  // of an LSTM
};

// One direction of a node: its weights, and its steps.
class Direction {
 public:
  Direction(Emitter& emitter, const Node& node, const RecurrentSizes& sizes, int64_t number)
      : emitter_(emitter), node_(node), s_(sizes), number_(number), rows_(sizes.gates * sizes.hidden) {
    r_ = weights(2, rows_, s_.hidden);
    if (node.input(3) != kAbsent) {
      w_bias_ = one_of(weights(3, 2, rows_), 2, 0);
      r_bias_ = one_of(weights(3, 2, rows_), 2, 1);
    }
    if (s_.gates == 4 && node.input(7) != kAbsent) peepholes_ = weights(7, 3, s_.hidden);
    if (node.input(4) != kAbsent) lengths_ = emitter.reshaped(emitter.input(node, 4), {s_.batch, 1});
    state_.h = initial(5);
    if (s_.gates == 4) state_.cell = initial(6);
    multiply_input();
  }

  void run() {
    const bool backwards = s_.reverse || number_ == 1;
    for (int64_t i = 0; i < s_.steps; ++i) advance(backwards ? s_.steps - 1 - i : i);
    if (backwards) std::ranges::reverse(all_);
  }

  [[nodiscard]] const State& last() const { return state_; }
  // [steps, batch * hidden]
  [[nodiscard]] ggml_tensor* all() const { return joined(emitter_, all_, 1, s_.batch * s_.hidden); }

 private:
  [[nodiscard]] ggml_context* context() const { return emitter_.context(); }

  // Matrix `number_` of an operand.
  [[nodiscard]] ggml_tensor* weights(size_t operand, int64_t rows, int64_t columns) const {
    const Along directions{.outer = 1, .length = s_.directions, .inner = rows * columns};
    return emitter_.reshaped(part(emitter_, emitter_.input(node_, operand), directions, number_, 1),
                             {rows, columns});
  }

  // Row i of a matrix.
  [[nodiscard]] ggml_tensor* one_of(ggml_tensor* matrix, int64_t rows, int64_t i) const {
    return emitter_.reshaped(part(emitter_, matrix, {.length = rows, .inner = matrix->ne[0]}, i, 1),
                             {matrix->ne[0]});
  }

  // [directions, batch, hidden], or the batch first.
  [[nodiscard]] ggml_tensor* initial(size_t operand) const {
    const Shape shape = {s_.batch, s_.hidden};
    if (node_.input(operand) == kAbsent) return emitter_.filled(shape, 0);
    const Along directions = s_.batch_first ? Along{s_.batch, s_.directions, s_.hidden}
                                            : Along{1, s_.directions, s_.batch * s_.hidden};
    return emitter_.reshaped(part(emitter_, emitter_.input(node_, operand), directions, number_, 1), shape);
  }

  [[nodiscard]] bool resets_product() const {
    return s_.gates == 3 && node_.integer("linear_before_reset", 0) != 0;
  }

  // [steps, batch, gates * hidden], with all biases but one that a gate works on.
  void multiply_input() {
    ggml_tensor* x = emitter_.input(node_, 0);
    if (s_.batch_first) x = emitter_.transposed(x, {s_.batch, s_.steps, s_.input}, {1, 0, 2});
    x = emitter_.reshaped(x, {s_.steps * s_.batch, s_.input});
    input_ = ggml_mul_mat(context(), weights(1, rows_, s_.input), x);
    if (!w_bias_) return;
    input_ = ggml_add(context(), input_, w_bias_);
    if (!resets_product()) input_ = ggml_add(context(), input_, r_bias_);
  }

  [[nodiscard]] ggml_tensor* input_of(int64_t step) const {
    return emitter_.reshaped(part(emitter_, input_, {.length = s_.steps, .inner = s_.batch * rows_}, step, 1),
                             {s_.batch, rows_});
  }

  // Gates from..from + count of [batch, gates * hidden].
  [[nodiscard]] ggml_tensor* gates(ggml_tensor* sums, int64_t from, int64_t count) const {
    const Along columns{.outer = s_.batch, .length = sums->ne[0] / s_.hidden, .inner = s_.hidden};
    return emitter_.reshaped(part(emitter_, sums, columns, from, count), {s_.batch, count * s_.hidden});
  }

  [[nodiscard]] ggml_tensor* product(ggml_tensor* matrix, ggml_tensor* state) const {
    return ggml_mul_mat(context(), matrix, state);
  }

  [[nodiscard]] ggml_tensor* plus_peephole(ggml_tensor* sum, ggml_tensor* cell, int64_t which) const {
    if (!peepholes_) return sum;
    return ggml_add(context(), sum, ggml_mul(context(), cell, one_of(peepholes_, 3, which)));
  }

  // Gates in the order input, output, forget, cell.
  [[nodiscard]] State lstm(int64_t step) const {
    ggml_tensor* sums = ggml_add(context(), input_of(step), product(r_, state_.h));
    const auto gate = [&](int64_t which, ggml_tensor* cell, int64_t peephole) {
      return sigmoid(emitter_, plus_peephole(gates(sums, which, 1), cell, peephole));
    };
    ggml_tensor* kept = ggml_mul(context(), gate(2, state_.cell, 2), state_.cell);
    ggml_tensor* fresh = ggml_mul(context(), gate(0, state_.cell, 0), tanh(emitter_, gates(sums, 3, 1)));
    ggml_tensor* cell = ggml_add(context(), kept, fresh);
    return {ggml_mul(context(), gate(1, cell, 1), tanh(emitter_, cell)), cell};
  }

  // Gates in the order update, reset, hidden. The reset gate works on the state before its product, or on the
  // product.
  [[nodiscard]] State gru(int64_t step) const {
    ggml_tensor* input = input_of(step);
    ggml_tensor* candidate = nullptr;
    ggml_tensor* both = nullptr;
    if (resets_product()) {
      ggml_tensor* sums = product(r_, state_.h);
      if (r_bias_) sums = ggml_add(context(), sums, r_bias_);
      both = sigmoid(emitter_, ggml_add(context(), gates(input, 0, 2), gates(sums, 0, 2)));
      candidate = ggml_mul(context(), gates(both, 1, 1), gates(sums, 2, 1));
    } else {
      ggml_tensor* sums = product(gate_rows(0, 2), state_.h);
      both = sigmoid(emitter_, ggml_add(context(), gates(input, 0, 2), sums));
      candidate = product(gate_rows(2, 1), ggml_mul(context(), gates(both, 1, 1), state_.h));
    }
    candidate = tanh(emitter_, ggml_add(context(), gates(input, 2, 1), candidate));
    ggml_tensor* change = ggml_sub(context(), state_.h, candidate);
    return {ggml_add(context(), candidate, ggml_mul(context(), gates(both, 0, 1), change)), nullptr};
  }

  // Rows of R that belong to so many gates.
  [[nodiscard]] ggml_tensor* gate_rows(int64_t from, int64_t count) const {
    const Along all{.outer = 1, .length = s_.gates, .inner = s_.hidden * s_.hidden};
    return emitter_.reshaped(part(emitter_, r_, all, from, count), {count * s_.hidden, s_.hidden});
  }

  [[nodiscard]] State next(int64_t step) const {
    if (s_.gates == 4) return lstm(step);
    if (s_.gates == 3) return gru(step);
    return {tanh(emitter_, ggml_add(context(), input_of(step), product(r_, state_.h))), nullptr};
  }

  // Beyond its length a sequence's state stays, and its output is zero: [batch, 1] says which go on.
  void advance(int64_t step) {
    const State fresh = next(step);
    if (!lengths_) {
      state_ = fresh;
      all_.push_back(fresh.h);
      return;
    }
    ggml_tensor* on =
        ggml_step(context(), ggml_scale_bias(context(), lengths_, 1, -static_cast<float>(step)));
    ggml_tensor* off = ggml_scale_bias(context(), on, -1, 1);
    const auto chosen = [&](ggml_tensor* now, ggml_tensor* before) {
      return ggml_add(context(), ggml_mul(context(), now, on), ggml_mul(context(), before, off));
    };
    all_.push_back(ggml_mul(context(), fresh.h, on));
    state_ = {chosen(fresh.h, state_.h), fresh.cell ? chosen(fresh.cell, state_.cell) : nullptr};
  }

  Emitter& emitter_;
  const Node& node_;
  const RecurrentSizes& s_;
  int64_t number_, rows_;
  ggml_tensor* r_ = nullptr;
  ggml_tensor* w_bias_ = nullptr;
  ggml_tensor* r_bias_ = nullptr;
  ggml_tensor* peepholes_ = nullptr;
  ggml_tensor* lengths_ = nullptr;
  ggml_tensor* input_ = nullptr;
  State state_;
  std::vector<ggml_tensor*> all_;  // of each step, in the order of the input
};

std::string refuse_recurrent(const Graph& graph, const Node& node, bool) {
  const auto sizes = assay::graph::recurrent_sizes(graph, node);
  return sizes ? "" : sizes.error().message;
}

// The states of all directions as an output has them.
void give_state(Emitter& emitter, const Node& node, size_t output, const RecurrentSizes& s,
                const std::vector<ggml_tensor*>& states) {
  if (node.output(output) == kAbsent) return;
  ggml_tensor* all = joined(emitter, states, 1, s.batch * s.hidden);
  if (s.batch_first) all = emitter.transposed(all, {s.directions, s.batch, s.hidden}, {1, 0, 2});
  emitter.set(node.outputs[output], emitter.reshaped(all, emitter.graph().value(node.outputs[output]).shape));
}

ggml_tensor* recurrent(Emitter& emitter, const Node& node) {
  const RecurrentSizes s = *assay::graph::recurrent_sizes(emitter.graph(), node);
  std::vector<ggml_tensor*> all, last, cells;
  for (int64_t number = 0; number < s.directions; ++number) {
    Direction direction(emitter, node, s, number);
    direction.run();
    if (node.output(0) != kAbsent) all.push_back(direction.all());
    last.push_back(direction.last().h);
    cells.push_back(direction.last().cell);
  }
  give_state(emitter, node, 1, s, last);
  if (s.gates == 4) give_state(emitter, node, 2, s, cells);
  if (all.empty()) return nullptr;
  ggml_tensor* y = joined(emitter, all, s.steps, s.batch * s.hidden);
  if (s.batch_first) y = emitter.transposed(y, {s.steps, s.directions, s.batch, s.hidden}, {2, 0, 1, 3});
  return emitter.reshaped(y, output_shape(emitter, node));
}

}  // namespace

size_t repetitions(const Graph& graph, const Node& node) {
  if (node.op != "LSTM" && node.op != "GRU" && node.op != "RNN") return 1;
  const auto sizes = assay::graph::recurrent_sizes(graph, node);
  return sizes ? static_cast<size_t>(sizes->steps * sizes->directions) + 1 : 1;
}

std::vector<Operator> recurrent_operators() {
  return {
      {"GRU", refuse_recurrent, recurrent},
      {"LSTM", refuse_recurrent, recurrent},
      {"RNN", refuse_recurrent, recurrent},
  };
}

}  // namespace ggml_runner
