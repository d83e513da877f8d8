// Writing at places that data decides: ScatterND, ScatterElements. An update of float32 data is brought to
// the scalar first.
#include "reference/indices.h"
#include "reference/kernel.h"
#include "reference/strided.h"

namespace assay::reference {
namespace {

enum class Reduction : uint8_t { none, add, mul, max, min };

Reduction reduction_of(const graph::Node& node) {
  const std::string name = node.text("reduction", "none");
  if (name == "add") return Reduction::add;
  if (name == "mul") return Reduction::mul;
  if (name == "max") return Reduction::max;
  return name == "min" ? Reduction::min : Reduction::none;
}

template <class E>
void put(Reduction reduction, E& place, E update) {
  switch (reduction) {
    case Reduction::none:
      place = update;
      break;
    case Reduction::add:
      place = static_cast<E>(place + update);
      break;
    case Reduction::mul:
      place = static_cast<E>(place * update);
      break;
    case Reduction::max:
      place = std::max(place, update);
      break;
    case Reduction::min:
      place = std::min(place, update);
      break;
  }
}

// The result, holding the data that updates go into: in the place of the data where nobody else reads it.
template <class E, class T>
E* started(KernelContext<T>& c) {
  const E* data = c.template elements<E>(0);
  E* y = nullptr;
  if constexpr (std::is_same_v<E, T>)
    y = c.out_over(0, 0);
  else
    y = c.template out<E>(0);
  if (y != data)
    c.workers().split(c.input(0).size(), kGrain,
                      [&](int64_t begin, int64_t end) { std::copy(data + begin, data + end, y + begin); });
  return y;
}

// Updates are rows of the data below the first `depth` axes, where depth is the last dimension of the
// indices.
template <class E, class T>
Result<> scatter_nd_as(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const auto depth = static_cast<size_t>(c.shape(1).back());
  const int64_t length = product(shape, depth, shape.size());
  const int64_t rows = product(c.shape(1), 0, c.shape(1).size() - 1);
  const Shape steps = contiguous_steps(shape);
  const Reduction reduction = reduction_of(c.node());
  const E* updates = c.template elements<E>(2);
  E* y = started<E>(c);
  const int64_t* index = c.integers(1);
  for (int64_t row = 0; row < rows; ++row) {
    ASSAY_TRY(const int64_t at, place_of(index + row * static_cast<int64_t>(depth), shape, steps, depth));
    for (int64_t i = 0; i < length; ++i) put(reduction, y[at + i], updates[row * length + i]);
  }
  return {};
}

// Each update goes to its own place, but for `axis`, where the index says.
template <class E, class T>
Result<> scatter_elements_as(KernelContext<T>& c) {
  const Shape& shape = c.shape(0);
  const size_t axis = positive_axis(c.node().integer("axis", 0), shape.size());
  const Shape& places = c.shape(1);
  const Shape steps = contiguous_steps(shape);
  ASSAY_TRY(const auto indices, positive_indices(c.integers(1), c.input(1).size(), shape[axis]));
  const Reduction reduction = reduction_of(c.node());
  const E* updates = c.template elements<E>(2);
  E* y = started<E>(c);
  for (size_t i = 0; i < indices.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    int64_t at = indices[i] * steps[axis];
    for (size_t d = shape.size(); d-- > 0;) {
      if (d != axis) at += rest % places[d] * steps[d];
      rest /= places[d];
    }
    put(reduction, y[at], updates[i]);
  }
  return {};
}

template <class T>
Result<> scatter_nd(KernelContext<T>& c) {
  if (c.floating(0)) return scatter_nd_as<T>(c);
  return c.input(0).storage() == DType::boolean ? scatter_nd_as<bool>(c) : scatter_nd_as<int64_t>(c);
}

template <class T>
Result<> scatter_elements(KernelContext<T>& c) {
  if (c.floating(0)) return scatter_elements_as<T>(c);
  return c.input(0).storage() == DType::boolean ? scatter_elements_as<bool>(c)
                                                : scatter_elements_as<int64_t>(c);
}

}  // namespace

template <class T>
void add_scatter(Kernels<T>& kernels) {
  kernels.insert({{"ScatterND", scatter_nd<T>}, {"ScatterElements", scatter_elements<T>}});
}

template void add_scatter(Kernels<float>&);
template void add_scatter(Kernels<double>&);

}  // namespace assay::reference
