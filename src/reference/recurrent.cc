// LSTM, GRU and RNN with the standard's default activations. The input's products of all steps are one
// product; a step adds the state's.
#include "graph/recurrent.h"

#include <algorithm>
#include <cmath>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

using graph::RecurrentSizes;

template <class T>
T gate(T x) {
  return T{1} / (T{1} + std::exp(-x));
}

// One direction of a node: its weights, and room for a step. A step takes the gates' sums of one entry of the
// batch, input and biases added, and changes that entry's state.
template <class T>
class Direction {
 public:
  Direction(KernelContext<T>& c, const RecurrentSizes& s, int64_t number)
      : c_(c), s_(s), number_(number), rows_(s.gates * s.hidden) {
    w_ = c.real(1) + number * rows_ * s.input;
    r_ = c.real(2) + number * rows_ * s.hidden;
    if (c.given(3)) bias_ = c.real(3) + number * 2 * rows_;
    if (c.given(4)) lengths_ = c.integers(4);
    if (s.gates == 4 && c.given(7)) peepholes_ = c.real(7) + number * 3 * s.hidden;
    linear_before_reset_ = c.node().integer("linear_before_reset", 0) != 0;
    h_ = initial(5);
    if (s.gates == 4) cell_ = initial(6);
  }

  Result<> run(T* all) {
    if (lengths_ != nullptr)
      for (int64_t b = 0; b < s_.batch; ++b)
        if (lengths_[b] < 0 || lengths_[b] > s_.steps)
          return fail(ErrorKind::data, "a sequence has length {}, expected 0 to {}", lengths_[b], s_.steps);
    multiply_input();
    const bool backward = s_.reverse || number_ == 1;
    std::vector<T> product(static_cast<size_t>(s_.batch * rows_));
    for (int64_t i = 0; i < s_.steps; ++i) {
      const int64_t step = backward ? s_.steps - 1 - i : i;
      gemm<T>(c_.execution(), s_.batch, rows_, s_.hidden, T{1}, {h_.data(), s_.hidden}, {r_, s_.hidden, true},
              T{0}, product.data(), rows_);
      for (int64_t b = 0; b < s_.batch; ++b) advance(step, b, product.data() + b * rows_);
      if (all != nullptr) write(step, all);
    }
    return {};
  }

  [[nodiscard]] const std::vector<T>& h() const { return h_; }
  [[nodiscard]] const std::vector<T>& cell() const { return cell_; }
  // Where entry b's state stands in the node's states.
  [[nodiscard]] int64_t state_at(int64_t b) const {
    return (s_.batch_first ? b * s_.directions + number_ : number_ * s_.batch + b) * s_.hidden;
  }

 private:
  std::vector<T> initial(size_t operand) {
    std::vector<T> state(static_cast<size_t>(s_.batch * s_.hidden));
    if (!c_.given(operand)) return state;
    const T* given = c_.real(operand);
    for (int64_t b = 0; b < s_.batch; ++b)
      std::copy_n(given + state_at(b), s_.hidden, state.begin() + b * s_.hidden);
    return state;
  }

  void multiply_input() {
    input_.resize(static_cast<size_t>(s_.steps * s_.batch * rows_));
    gemm<T>(c_.execution(), s_.steps * s_.batch, rows_, s_.input, T{1}, {c_.real(0), s_.input},
            {w_, s_.input, true}, T{0}, input_.data(), rows_);
  }

  // Row `row` of entry b's gates: of the input with its bias, and of the state with its own.
  [[nodiscard]] T from_input(int64_t step, int64_t b, int64_t row) const {
    const int64_t at = s_.batch_first ? b * s_.steps + step : step * s_.batch + b;
    return input_[static_cast<size_t>(at * rows_ + row)] + (bias_ == nullptr ? T{0} : bias_[row]);
  }
  [[nodiscard]] T from_state(const T* product, int64_t row) const { return product[row] + state_bias(row); }
  [[nodiscard]] T state_bias(int64_t row) const { return bias_ == nullptr ? T{0} : bias_[rows_ + row]; }

  void advance(int64_t step, int64_t b, const T* product) {
    if (lengths_ != nullptr && step >= lengths_[b]) return;
    T* h = h_.data() + b * s_.hidden;
    if (s_.gates == 4) return advance_lstm(step, b, product, h);
    if (s_.gates == 3) return advance_gru(step, b, product, h);
    for (int64_t i = 0; i < s_.hidden; ++i) h[i] = std::tanh(from_input(step, b, i) + from_state(product, i));
  }

  // Gates in the order input, output, forget, cell.
  void advance_lstm(int64_t step, int64_t b, const T* product, T* h) {
    T* cell = cell_.data() + b * s_.hidden;
    const auto sum = [&](int64_t which, int64_t i) {
      const int64_t row = which * s_.hidden + i;
      return from_input(step, b, row) + from_state(product, row);
    };
    const auto peep = [&](int64_t which, int64_t i, T value) {
      return peepholes_ == nullptr ? T{0} : peepholes_[which * s_.hidden + i] * value;
    };
    for (int64_t i = 0; i < s_.hidden; ++i) {
      const T in = gate(sum(0, i) + peep(0, i, cell[i]));
      const T forget = gate(sum(2, i) + peep(2, i, cell[i]));
      cell[i] = forget * cell[i] + in * std::tanh(sum(3, i));
      h[i] = gate(sum(1, i) + peep(1, i, cell[i])) * std::tanh(cell[i]);
    }
  }

  // Gates in the order update, reset, hidden. The reset gate works on the state before its product with R, or
  // on the product.
  void advance_gru(int64_t step, int64_t b, const T* product, T* h) {
    const auto sum = [&](int64_t row) { return from_input(step, b, row) + from_state(product, row); };
    std::vector<T> update(static_cast<size_t>(s_.hidden)), reset(update.size()), hidden(update.size());
    for (int64_t i = 0; i < s_.hidden; ++i) {
      const auto at = static_cast<size_t>(i);
      update[at] = gate(sum(i));
      reset[at] = gate(sum(s_.hidden + i));
      hidden[at] =
          linear_before_reset_ ? reset[at] * from_state(product, 2 * s_.hidden + i) : reset[at] * h[i];
    }
    if (!linear_before_reset_) hidden = times_hidden_weights(hidden);
    for (int64_t i = 0; i < s_.hidden; ++i) {
      const auto at = static_cast<size_t>(i);
      const T candidate = std::tanh(from_input(step, b, 2 * s_.hidden + i) + hidden[at]);
      h[i] = (T{1} - update[at]) * candidate + update[at] * h[i];
    }
  }

  std::vector<T> times_hidden_weights(const std::vector<T>& state) {
    std::vector<T> result(state.size());
    gemm<T>(c_.execution(), 1, s_.hidden, s_.hidden, T{1}, {state.data(), s_.hidden},
            {r_ + 2 * s_.hidden * s_.hidden, s_.hidden, true}, T{0}, result.data(), s_.hidden);
    for (int64_t i = 0; i < s_.hidden; ++i) result[static_cast<size_t>(i)] += state_bias(2 * s_.hidden + i);
    return result;
  }

  // The state as Y has it at a step; beyond an entry's length there are zeros.
  void write(int64_t step, T* all) const {
    for (int64_t b = 0; b < s_.batch; ++b) {
      const int64_t at = s_.batch_first ? (b * s_.steps + step) * s_.directions + number_
                                        : (step * s_.directions + number_) * s_.batch + b;
      T* to = all + at * s_.hidden;
      if (lengths_ != nullptr && step >= lengths_[b])
        std::fill_n(to, s_.hidden, T{0});
      else
        std::copy_n(h_.begin() + b * s_.hidden, s_.hidden, to);
    }
  }

  KernelContext<T>& c_;
  const RecurrentSizes& s_;
  int64_t number_, rows_;
  const T* w_ = nullptr;
  const T* r_ = nullptr;
  const T* bias_ = nullptr;
  const T* peepholes_ = nullptr;
  const int64_t* lengths_ = nullptr;
  bool linear_before_reset_ = false;
  std::vector<T> input_;     // [steps, batch, rows], or batch first as X has it
  std::vector<T> h_, cell_;  // [batch, hidden]
};

template <class T>
Result<> recurrent(KernelContext<T>& c) {
  ASSAY_TRY(const RecurrentSizes s, graph::recurrent_sizes(c.graph(), c.node()));
  T* all = c.wanted(0) ? c.template out<T>(0) : nullptr;
  T* last_h = c.wanted(1) ? c.template out<T>(1) : nullptr;
  T* last_cell = c.wanted(2) ? c.template out<T>(2) : nullptr;
  for (int64_t number = 0; number < s.directions; ++number) {
    Direction<T> direction(c, s, number);
    ASSAY_TRY_VOID(direction.run(all));
    for (int64_t b = 0; b < s.batch; ++b) {
      const int64_t to = direction.state_at(b), from = b * s.hidden;
      if (last_h != nullptr) std::copy_n(direction.h().begin() + from, s.hidden, last_h + to);
      if (last_cell != nullptr) std::copy_n(direction.cell().begin() + from, s.hidden, last_cell + to);
    }
  }
  return {};
}

}  // namespace

template <class T>
void add_recurrent(Kernels<T>& kernels) {
  kernels.insert({{"LSTM", recurrent<T>}, {"GRU", recurrent<T>}, {"RNN", recurrent<T>}});
}

template void add_recurrent(Kernels<float>&);
template void add_recurrent(Kernels<double>&);

}  // namespace assay::reference
