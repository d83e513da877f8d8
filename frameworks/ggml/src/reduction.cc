// Reductions: what is reduced comes last, so that it is the rows of a matrix, which ggml sums.
#include "reduction.h"

#include <algorithm>
#include <numeric>

#include "operators.h"
#include "shaping.h"

namespace ggml_runner {

using assay::graph::kAbsent;
using assay::tensor::element_count;
using assay::tensor::Shape;

namespace {

using Reduction = ggml_tensor* (*)(Emitter&, ggml_tensor*);

std::vector<bool> reduced_axes(const Graph& graph, const Node& node) {
  const size_t rank = shape_of(graph, node, 0).size();
  const auto given = node.input(1) == kAbsent ? std::span<const int64_t>()
                                              : graph.value(node.inputs[1]).data.data<int64_t>();
  const bool all = given.empty() && node.integer("noop_with_empty_axes", 0) == 0;
  std::vector<bool> reduced(rank, all);
  for (const int64_t axis : given)
    reduced[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = true;
  return reduced;
}

// The axes that are kept, then those that are reduced.
std::vector<int64_t> reduced_last(const std::vector<bool>& reduced) {
  std::vector<int64_t> perm(reduced.size());
  std::iota(perm.begin(), perm.end(), 0);
  std::ranges::stable_partition(perm, [&](int64_t axis) { return !reduced[static_cast<size_t>(axis)]; });
  return perm;
}

// Of the rows of a matrix.
template <Reduction kReduction>
ggml_tensor* reduce(Emitter& emitter, const Node& node) {
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const Shape& result = output_shape(emitter, node);
  const int64_t kept = element_count(result);
  ggml_tensor* x =
      emitter.transposed(emitter.input(node, 0), shape, reduced_last(reduced_axes(emitter.graph(), node)));
  x = emitter.reshaped(x, {kept, element_count(shape) / kept});
  return emitter.reshaped(kReduction(emitter, x), result);
}

ggml_tensor* sum(Emitter& emitter, ggml_tensor* rows) { return ggml_sum_rows(emitter.context(), rows); }

ggml_tensor* absolute(Emitter& emitter, ggml_tensor* rows) {
  return sum(emitter, ggml_abs(emitter.context(), rows));
}

ggml_tensor* squares(Emitter& emitter, ggml_tensor* rows) {
  return sum(emitter, ggml_sqr(emitter.context(), rows));
}

ggml_tensor* length(Emitter& emitter, ggml_tensor* rows) {
  return ggml_sqrt(emitter.context(), squares(emitter, rows));
}

ggml_tensor* log_of_sum(Emitter& emitter, ggml_tensor* rows) {
  return ggml_log(emitter.context(), sum(emitter, rows));
}

ggml_tensor* log_of_sum_of_exp(Emitter& emitter, ggml_tensor* rows) {
  ggml_context* context = emitter.context();
  ggml_tensor* most = largest(emitter, rows);
  ggml_tensor* rest = ggml_exp(context, minus(emitter, rows, most));
  return ggml_add(context, log_of_sum(emitter, rest), most);
}

ggml_tensor* smallest(Emitter& emitter, ggml_tensor* rows) {
  ggml_context* context = emitter.context();
  return ggml_neg(context, largest(emitter, ggml_neg(context, rows)));
}

// The first half times the second, until there is one.
ggml_tensor* product(Emitter& emitter, ggml_tensor* rows) {
  ggml_tensor* odd = nullptr;
  while (rows->ne[0] > 1 || odd) {
    const Along columns{.outer = rows->ne[1], .length = rows->ne[0], .inner = 1};
    const int64_t half = columns.length / 2;
    if (half == 0) return ggml_mul(emitter.context(), rows, odd);
    const auto piece = [&](int64_t start, int64_t count) {
      return emitter.reshaped(part(emitter, rows, columns, start, count), {columns.outer, count});
    };
    if (columns.length % 2 == 1) {
      ggml_tensor* last = piece(columns.length - 1, 1);
      odd = odd ? ggml_mul(emitter.context(), odd, last) : last;
    }
    rows = ggml_mul(emitter.context(), piece(0, half), piece(half, half));
  }
  return rows;
}

constexpr unsigned kAll = kIntegers | kAnyRank;

}  // namespace

ggml_tensor* mean_of_rows(Emitter& emitter, ggml_tensor* rows) {
  const auto share = static_cast<float>(1.0 / static_cast<double>(rows->ne[0]));
  return ggml_scale(emitter.context(), ggml_sum_rows(emitter.context(), rows), share);
}

ggml_tensor* log_softmax_of_rows(Emitter& emitter, ggml_tensor* rows) {
  rows = minus(emitter, rows, largest(emitter, rows));
  return minus(emitter, rows, log_of_sum(emitter, ggml_exp(emitter.context(), rows)));
}

std::vector<Operator> reduction_operators() {
  return {
      {"ReduceL1", nullptr, reduce<absolute>, kAll},
      {"ReduceL2", nullptr, reduce<length>, kAnyRank},
      {"ReduceLogSum", nullptr, reduce<log_of_sum>, kAnyRank},
      {"ReduceLogSumExp", nullptr, reduce<log_of_sum_of_exp>, kAnyRank},
      {"ReduceMax", nullptr, reduce<largest>, kAll},
      {"ReduceMean", nullptr, reduce<mean_of_rows>, kAnyRank},
      {"ReduceMin", nullptr, reduce<smallest>, kAll},
      {"ReduceProd", nullptr, reduce<product>, kAll},
      {"ReduceSum", nullptr, reduce<sum>, kAll},
      {"ReduceSumSquare", nullptr, reduce<squares>, kAll},
  };
}

}  // namespace ggml_runner
