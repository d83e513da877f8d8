// LSTM, GRU and RNN as mlx.nn writes them: the input's product of all steps at once, then step by step.
#include "graph/recurrent.h"

#include "operators.h"

namespace mlx_runner {
namespace {

using assay::graph::RecurrentSizes;

struct State {
  array h;
  array cell;  // of an LSTM; otherwise h again
};

class Direction {
 public:
  Direction(const Call& call, const RecurrentSizes& sizes, int number)
      : call_(call),
        s_(sizes),
        number_(number),
        weights_(mx::transpose(entry(call.x(2)))),
        bias_(call.given(3) ? entry(call.x(3)) : mx::zeros({2 * rows()}, call.x(0).dtype())) {}

  // The states of all steps, in the steps' order, and the last one.
  std::pair<std::vector<array>, State> run(const array& x) {
    const array products = mx::matmul(x, mx::transpose(entry(call_.x(1)))) + part(bias_, 0, rows());
    State state{initial(5), s_.gates == 4 ? initial(6) : initial(5)};
    const auto steps = static_cast<size_t>(s_.steps);
    std::vector<array> all(steps, state.h);
    const bool backward = s_.reverse || number_ == 1;
    for (size_t i = 0; i < steps; ++i) {
      const size_t step = backward ? steps - 1 - i : i;
      const State next = advanced(state, mx::take(products, static_cast<int>(step), 0));
      all[step] = advance_within(state, next, static_cast<int>(step));
    }
    return {all, state};
  }

 private:
  [[nodiscard]] int rows() const { return static_cast<int>(s_.gates * s_.hidden); }
  [[nodiscard]] array entry(const array& x) const { return mx::take(x, number_, 0); }

  // Elements from..to of the last axis.
  static array part(const array& x, int from, int to) {
    mx::Shape start(x.ndim(), 0), stop = x.shape();
    start.back() = from;
    stop.back() = to;
    return mx::slice(x, start, stop);
  }
  [[nodiscard]] array gate(const array& x, int which) const {
    const auto hidden = static_cast<int>(s_.hidden);
    return part(x, which * hidden, (which + 1) * hidden);
  }

  [[nodiscard]] array initial(size_t operand) const {
    if (call_.given(operand)) return mx::take(call_.x(operand), number_, s_.batch_first ? 1 : 0);
    return mx::zeros({static_cast<int>(s_.batch), static_cast<int>(s_.hidden)}, call_.x(0).dtype());
  }

  // A sequence that has ended keeps its state and gives zeros.
  array advance_within(State& state, const State& next, int step) const {
    if (!call_.given(4)) return (state = next).h;
    const array lengths = mx::expand_dims(call_.x(4), 1);
    const array runs = number(step, lengths) < lengths;
    state = {mx::where(runs, next.h, state.h), mx::where(runs, next.cell, state.cell)};
    return mx::where(runs, next.h, number(0, next.h));
  }

  [[nodiscard]] State advanced(const State& state, const array& product) const {
    if (s_.gates == 4) return lstm(state, product);
    if (s_.gates == 3) return gru(state.h, product);
    const array h = mx::tanh(product + from_state(state.h));
    return {h, h};
  }

  [[nodiscard]] array from_state(const array& h) const {
    return mx::matmul(h, weights_) + part(bias_, rows(), 2 * rows());
  }

  // Gates in the order input, output, forget, cell.
  [[nodiscard]] State lstm(const State& state, const array& product) const {
    const array sum = product + from_state(state.h);
    const auto peep = [&](int which, const array& cell) {
      const array own = gate(sum, which);
      if (!call_.given(7)) return own;
      return own + gate(entry(call_.x(7)), which) * cell;
    };
    const array input = mx::sigmoid(peep(0, state.cell)), forget = mx::sigmoid(peep(2, state.cell));
    const array cell = forget * state.cell + input * mx::tanh(gate(sum, 3));
    return {mx::sigmoid(peep(1, cell)) * mx::tanh(cell), cell};
  }

  // Gates in the order update, reset, hidden.
  [[nodiscard]] State gru(const array& h, const array& product) const {
    const array state = from_state(h);
    const array update = mx::sigmoid(gate(product, 0) + gate(state, 0));
    const array reset = mx::sigmoid(gate(product, 1) + gate(state, 1));
    array hidden = reset * gate(state, 2);
    if (!call_.flag("linear_before_reset"))
      hidden = mx::matmul(reset * h, gate(weights_, 2)) + gate(part(bias_, rows(), 2 * rows()), 2);
    const array candidate = mx::tanh(gate(product, 2) + hidden);
    const array next = (number(1, update) - update) * candidate + update * h;
    return {next, next};
  }

  const Call& call_;
  const RecurrentSizes& s_;
  int number_;
  array weights_;  // [hidden, rows]
  array bias_;
};

void recurrent(const Call& call) {
  const auto sizes = assay::graph::recurrent_sizes(call.graph(), call.node());
  if (!sizes) Call::refuse(sizes.error().message);
  const array x = sizes->batch_first ? mx::swapaxes(call.x(0), 0, 1) : call.x(0);
  const int states = sizes->batch_first ? 1 : 0;
  std::vector<array> all, last_h, last_cell;
  for (int number = 0; number < static_cast<int>(sizes->directions); ++number) {
    auto [steps, last] = Direction(call, *sizes, number).run(x);
    all.push_back(mx::stack(steps, 0));
    last_h.push_back(last.h);
    last_cell.push_back(last.cell);
  }
  const array y = mx::stack(all, 1);
  call.set(0, sizes->batch_first ? mx::transpose(y, std::vector<int>{2, 0, 1, 3}) : y);
  call.set(1, mx::stack(last_h, states));
  if (sizes->gates == 4) call.set(2, mx::stack(last_cell, states));
}

}  // namespace

std::vector<Operator> recurrent_operators() {
  return {{"GRU", recurrent}, {"LSTM", recurrent}, {"RNN", recurrent}};
}

}  // namespace mlx_runner
