// numpy's broadcasting over N operands as rows: runs of the result along which each operand either stays or
// steps by one element.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "reference/array.h"
#include "reference/kernel.h"

namespace assay::reference {

template <size_t N>
class Broadcast {
 public:
  // Every operand's shape must broadcast to `out`.
  Broadcast(const Shape& out, const std::array<Shape, N>& operands) {
    std::array<Shape, N> strides;
    for (size_t i = 0; i < N; ++i) strides[i] = operand_strides(out, operands[i]);
    for (size_t d = 0; d < out.size(); ++d) {
      if (out[d] == 1) continue;
      std::array<int64_t, N> step;
      for (size_t i = 0; i < N; ++i) step[i] = strides[i][d];
      append(out[d], step);
    }
    if (dims_.empty()) append(1, {});
  }

  // 0 or 1: how operand i moves along a row.
  [[nodiscard]] int64_t step(size_t i) const { return steps_.back()[i]; }

  // Calls row(out, offsets, length) for runs that cover the result: `out` is where the run starts in the
  // result, offsets[i] where it starts in operand i. Runs on all workers.
  template <class Row>
  void for_rows(Workers& workers, const Row& row) const {
    const int64_t width = dims_.back();
    int64_t total = 1;
    for (const int64_t dim : dims_) total *= dim;
    workers.split(total, kGrain, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t column = begin % width;
        const int64_t length = std::min(end - begin, width - column);
        row(begin, offsets(begin / width, column), length);
        begin += length;
      }
    });
  }

 private:
  // The element steps of an operand in each dimension of the result: 0 where it is repeated.
  static Shape operand_strides(const Shape& out, const Shape& operand) {
    Shape strides(out.size(), 0);
    int64_t stride = 1;
    for (size_t i = 0; i < operand.size(); ++i) {
      const size_t from_back = operand.size() - 1 - i;
      strides[out.size() - 1 - i] = operand[from_back] == 1 ? 0 : stride;
      stride *= operand[from_back];
    }
    return strides;
  }

  // Adds a dimension, or joins it with the one before when all operands run on.
  void append(int64_t dim, const std::array<int64_t, N>& step) {
    bool joins = !dims_.empty();
    for (size_t i = 0; i < N && joins; ++i) joins = steps_.back()[i] == step[i] * dim;
    if (joins) {
      dims_.back() *= dim;
      steps_.back() = step;
    } else {
      dims_.push_back(dim);
      steps_.push_back(step);
    }
  }

  std::array<int64_t, N> offsets(int64_t row, int64_t column) const {
    std::array<int64_t, N> result;
    for (size_t i = 0; i < N; ++i) result[i] = column * steps_.back()[i];
    for (size_t d = dims_.size() - 1; d-- > 0;) {
      const int64_t index = row % dims_[d];
      row /= dims_[d];
      for (size_t i = 0; i < N; ++i) result[i] += index * steps_[d][i];
    }
    return result;
  }

  Shape dims_;
  std::vector<std::array<int64_t, N>> steps_;
};

// out = f(a, b) with broadcasting; `out` may be the place of an operand that has the result's shape.
template <class In, class Out, class F>
void broadcast_binary(Workers& workers, const Shape& shape, Out* out, const In* a, const Shape& a_shape,
                      const In* b, const Shape& b_shape, F f) {
  const Broadcast<2> loops(shape, {a_shape, b_shape});
  const int form = static_cast<int>(loops.step(0) * 2 + loops.step(1));
  loops.for_rows(workers, [&](int64_t at, const std::array<int64_t, 2>& offsets, int64_t length) {
    Out* to = out + at;
    const In* x = a + offsets[0];
    const In* y = b + offsets[1];
    if (form == 3)
      for (int64_t i = 0; i < length; ++i) to[i] = f(x[i], y[i]);
    else if (form == 2)
      for (int64_t i = 0; i < length; ++i) to[i] = f(x[i], *y);
    else if (form == 1)
      for (int64_t i = 0; i < length; ++i) to[i] = f(*x, y[i]);
    else
      std::fill_n(to, length, f(*x, *y));
  });
}

}  // namespace assay::reference
