// Einsum, as products of matrices: operands are taken in from the left, two at a time. Of each only the
// indices stay that somebody still needs.
#include "graph/einsum.h"

#include <algorithm>

#include "reference/kernel.h"
#include "reference/strided.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

using Indices = std::vector<size_t>;

// A tensor with one index a dimension, all different.
struct Labelled {
  Array data;
  Indices indices;
};

bool has(const Indices& indices, size_t index) { return std::ranges::find(indices, index) != indices.end(); }

template <class T>
class Contraction {
 public:
  Contraction(KernelContext<T>& c, const graph::EinsumPlan& plan) : c_(c), plan_(plan) {}

  Array run() {
    Labelled result = reduced(operand(0), 1);
    for (size_t i = 1; i < c_.inputs(); ++i)
      result = product_of(result, reduced(operand(i), i + 1, &result), i + 1);
    return as_output(result);
  }

 private:
  // Whether the result or an operand from `next` on has the index.
  [[nodiscard]] bool needed_later(size_t index, size_t next) const {
    for (size_t i = next; i < plan_.inputs.size(); ++i)
      if (has(plan_.inputs[i], index)) return true;
    return has(plan_.output, index);
  }

  [[nodiscard]] Shape shape_of(const Indices& indices) const {
    Shape shape;
    for (const size_t index : indices) shape.push_back(plan_.sizes[index]);
    return shape;
  }

  // Operand i with an index that comes twice read along the diagonal, and without dimensions that only
  // broadcast.
  Labelled operand(size_t i) {
    (void)c_.real(i);
    const Shape steps = contiguous_steps(c_.shape(i));
    Labelled result;
    StridedCopy copy;
    for (size_t d = 0; d < plan_.inputs[i].size(); ++d) {
      const size_t index = plan_.inputs[i][d];
      if (c_.shape(i)[d] != plan_.sizes[index]) continue;
      const auto found = std::ranges::find(result.indices, index);
      if (found != result.indices.end()) {
        copy.from_steps[static_cast<size_t>(found - result.indices.begin())] += steps[d];
        continue;
      }
      result.indices.push_back(index);
      copy.from_steps.push_back(steps[d]);
    }
    copy.dims = shape_of(result.indices);
    copy.to_steps = contiguous_steps(copy.dims);
    result.data = Array(c_.arena(), tensor::dtype_of<T>(), copy.dims);
    std::byte* to = result.data.mutable_bytes();
    if (result.data.size() > 0) strided_copy(c_.workers(), copy, c_.input(i).bytes(), to, sizeof(T));
    return result;
  }

  [[nodiscard]] Array in_order(const Labelled& x, const Indices& order) const {
    std::vector<size_t> axes;
    for (const size_t index : order)
      axes.push_back(static_cast<size_t>(std::ranges::find(x.indices, index) - x.indices.begin()));
    return permuted(c_.workers(), c_.arena(), x.data, axes);
  }

  // Summed over the indices that neither `other` nor anybody later has.
  Labelled reduced(Labelled x, size_t next, const Labelled* other = nullptr) {
    Indices kept, summed;
    for (const size_t index : x.indices) {
      const bool stays = needed_later(index, next) || (other != nullptr && has(other->indices, index));
      (stays ? kept : summed).push_back(index);
    }
    if (summed.empty()) return x;
    Indices order = kept;
    order.insert(order.end(), summed.begin(), summed.end());
    const Array rows = in_order(x, order);
    const int64_t length = tensor::element_count(shape_of(summed));
    Labelled result{Array(c_.arena(), tensor::dtype_of<T>(), shape_of(kept)), kept};
    const T* from = rows.template data<T>();
    T* to = result.data.template mutable_data<T>();
    for (int64_t row = 0; row < result.data.size(); ++row)
      to[row] = blocked_sum<T>(length, c_.blocking(), [&](int64_t i) { return from[row * length + i]; });
    return result;
  }

  // Indices of both that stay are a stack of products, those of both that do not are summed over.
  Labelled product_of(const Labelled& a, const Labelled& b, size_t next) {
    Indices stack, inner, rows, columns;
    for (const size_t index : a.indices)
      (!has(b.indices, index) ? rows : needed_later(index, next) ? stack : inner).push_back(index);
    for (const size_t index : b.indices)
      if (!has(a.indices, index)) columns.push_back(index);
    const auto joined = [](std::initializer_list<const Indices*> parts) {
      Indices all;
      for (const Indices* part : parts) all.insert(all.end(), part->begin(), part->end());
      return all;
    };
    const Array left = in_order(a, joined({&stack, &rows, &inner}));
    const Array right = in_order(b, joined({&stack, &inner, &columns}));
    const Indices indices = joined({&stack, &rows, &columns});
    Labelled result{Array(c_.arena(), tensor::dtype_of<T>(), shape_of(indices)), indices};
    multiply(left, right, result.data, tensor::element_count(shape_of(stack)),
             tensor::element_count(shape_of(inner)));
    return result;
  }

  void multiply(const Array& left, const Array& right, Array& result, int64_t count, int64_t k) {
    T* y = result.template mutable_data<T>();
    if (result.size() == 0) return;
    if (k == 0) return static_cast<void>(std::fill_n(y, result.size(), T{0}));
    const int64_t m = left.size() / count / k, n = right.size() / count / k;
    for (int64_t i = 0; i < count; ++i)
      gemm<T>(c_.execution(), m, n, k, T{1}, {left.template data<T>() + i * m * k, k},
              {right.template data<T>() + i * k * n, n}, T{0}, y + i * m * n, n);
  }

  // In the result's order; an index that no operand has in full is repeated.
  Array as_output(const Labelled& x) {
    const Shape steps = contiguous_steps(x.data.shape());
    StridedCopy copy{shape_of(plan_.output), {}, {}};
    for (const size_t index : plan_.output) {
      const auto found = std::ranges::find(x.indices, index);
      copy.from_steps.push_back(
          found == x.indices.end() ? 0 : steps[static_cast<size_t>(found - x.indices.begin())]);
    }
    copy.to_steps = contiguous_steps(copy.dims);
    Array result(c_.arena(), tensor::dtype_of<T>(), copy.dims);
    std::byte* to = result.mutable_bytes();
    if (result.size() > 0) strided_copy(c_.workers(), copy, x.data.bytes(), to, sizeof(T));
    return result;
  }

  KernelContext<T>& c_;
  const graph::EinsumPlan& plan_;
};

template <class T>
Result<> einsum(KernelContext<T>& c) {
  ASSAY_TRY(const graph::EinsumPlan plan, graph::einsum_plan(c.graph(), c.node()));
  c.set(0, Contraction<T>(c, plan).run());
  return {};
}

}  // namespace

template <class T>
void add_einsum(Kernels<T>& kernels) {
  kernels.insert({{"Einsum", einsum<T>}});
}

template void add_einsum(Kernels<float>&);
template void add_einsum(Kernels<double>&);

}  // namespace assay::reference
