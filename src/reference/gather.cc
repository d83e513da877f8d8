// Reading at places that data decides: Gather, GatherElements, GatherND; and OneHot. Bytes are copied as they
// are, so that of a float32 table only the rows that are read are ever widened.
#include <cstring>

#include "reference/indices.h"
#include "reference/kernel.h"
#include "reference/strided.h"

namespace assay::reference {
namespace {

template <class T>
Result<> gather(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const size_t axis = positive_axis(c.node().integer("axis", 0), shape.size());
  ASSAY_TRY(const auto indices, positive_indices(c.integers(1), c.input(1).size(), shape[axis]));
  const size_t row_bytes =
      static_cast<size_t>(product(shape, axis + 1, shape.size())) * c.input(0).element_bytes();
  const std::byte* from = c.input(0).bytes();
  std::byte* to = c.out_bytes(0, 0);
  for (int64_t outer = 0; outer < product(shape, 0, axis); ++outer) {
    for (const int64_t index : indices) {
      std::memcpy(to, from + static_cast<size_t>(index) * row_bytes, row_bytes);
      to += row_bytes;
    }
    from += static_cast<size_t>(shape[axis]) * row_bytes;
  }
  return {};
}

// Each result element comes from its own place, but for `axis`, where the index says.
template <class T>
Result<> gather_elements(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const size_t axis = positive_axis(c.node().integer("axis", 0), shape.size());
  const Shape& places = c.shape(1);
  const Shape steps = contiguous_steps(shape);
  ASSAY_TRY(const auto indices, positive_indices(c.integers(1), c.input(1).size(), shape[axis]));
  const size_t bytes = c.input(0).element_bytes();
  std::byte* to = c.out_bytes(0, 0);
  for (size_t i = 0; i < indices.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    int64_t at = indices[i] * steps[axis];
    for (size_t d = shape.size(); d-- > 0;) {
      if (d != axis) at += rest % places[d] * steps[d];
      rest /= places[d];
    }
    std::memcpy(to + i * bytes, c.input(0).bytes() + static_cast<size_t>(at) * bytes, bytes);
  }
  return {};
}

// Each tuple of indices addresses a row below the batch axes and the axes it names.
template <class T>
Result<> gather_nd(KernelContext<T>& c) {
  const auto batch = static_cast<size_t>(c.node().integer("batch_dims", 0));
  const Shape inner(c.shape(0).begin() + static_cast<int64_t>(batch), c.shape(0).end());
  const auto depth = static_cast<size_t>(c.shape(1).back());
  const int64_t batches = product(c.shape(0), 0, batch);
  const int64_t tuples = product(c.shape(1), batch, c.shape(1).size() - 1);
  const Shape steps = contiguous_steps(inner);
  const size_t element = c.input(0).element_bytes();
  const size_t row_bytes = static_cast<size_t>(product(inner, depth, inner.size())) * element;
  const std::byte* from = c.input(0).bytes();
  const int64_t* index = c.integers(1);
  std::byte* to = c.out_bytes(0, 0);
  for (int64_t row = 0; row < batches * tuples; ++row, index += depth, to += row_bytes) {
    ASSAY_TRY(const int64_t at, place_of(index, inner, steps, depth));
    std::memcpy(to, from + static_cast<size_t>(row / tuples * tensor::element_count(inner) + at) * element,
                row_bytes);
  }
  return {};
}

// values[1] where the index along the new axis is that of the operand (negative ones counted from the end),
// else values[0]. An index outside the depth gives no hot element.
template <class E, class T>
Result<> one_hot_as(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", -1), c.out_shape(0).size());
  const int64_t depth = c.out_shape(0)[axis];
  const int64_t inner = product(c.out_shape(0), axis + 1, c.out_shape(0).size());
  const E* values = c.template elements<E>(2);
  const int64_t* indices = c.integers(0);
  E* y = c.template out<E>(0);
  std::fill_n(y, tensor::element_count(c.out_shape(0)), values[0]);
  for (int64_t i = 0; i < c.input(0).size(); ++i) {
    const int64_t hot = indices[i] < 0 ? indices[i] + depth : indices[i];
    if (hot >= 0 && hot < depth) y[(i / inner * depth + hot) * inner + i % inner] = values[1];
  }
  return {};
}

template <class T>
Result<> one_hot(KernelContext<T>& c) {
  if (c.floating(2)) return one_hot_as<T>(c);
  return c.input(2).storage() == DType::boolean ? one_hot_as<bool>(c) : one_hot_as<int64_t>(c);
}

}  // namespace

template <class T>
void add_gather(Kernels<T>& kernels) {
  kernels.insert({{"Gather", gather<T>},
                  {"GatherElements", gather_elements<T>},
                  {"GatherND", gather_nd<T>},
                  {"OneHot", one_hot<T>}});
}

template void add_gather(Kernels<float>&);
template void add_gather(Kernels<double>&);

}  // namespace assay::reference
