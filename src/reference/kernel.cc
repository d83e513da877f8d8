#include "reference/kernel.h"

#include <algorithm>

namespace assay::reference {

template <class T>
const T* KernelContext<T>::real(size_t i) {
  Array& input = inputs_[i];
  if (input.storage() == tensor::dtype_of<T>()) return input.template data<T>();
  ASSAY_CHECK(input.storage() == DType::f32, "node {}: input {} is not floating", node_.name, i);
  Array widened(arena_, tensor::dtype_of<T>(), input.shape());
  const auto* from = input.template data<float>();
  T* to = widened.template mutable_data<T>();
  workers().split(input.size(), kGrain,
                  [&](int64_t begin, int64_t end) { std::copy(from + begin, from + end, to + begin); });
  input = std::move(widened);
  return input.template data<T>();
}

template <class T>
template <class E>
const E* KernelContext<T>::elements(size_t i) {
  if constexpr (std::is_same_v<E, T>)
    return real(i);
  else
    return inputs_[i].template data<E>();
}

template <class T>
std::vector<int64_t> KernelContext<T>::list(size_t i, const std::vector<int64_t>& otherwise) const {
  if (!given(i)) return otherwise;
  const int64_t* data = integers(i);
  return {data, data + inputs_[i].size()};
}

template <class T>
template <class E>
E* KernelContext<T>::out(size_t i) {
  outputs_[i] = Array(arena_, tensor::dtype_of<E>(), out_shape(i));
  return outputs_[i].template mutable_data<E>();
}

template <class T>
std::byte* KernelContext<T>::out_bytes(size_t i, size_t like) {
  outputs_[i] = Array(arena_, inputs_[like].storage(), out_shape(i));
  return outputs_[i].mutable_bytes();
}

template <class T>
T* KernelContext<T>::out_over(size_t i, size_t from) {
  const Array& input = inputs_[from];
  if (!input.exclusive() || input.storage() != tensor::dtype_of<T>() || input.shape() != out_shape(i))
    return out<T>(i);
  outputs_[i] = input;
  return outputs_[i].template mutable_data<T>();
}

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T> all = [] {
    Kernels<T> entered;
    for (auto add :
         {add_unary<T>,   add_activations<T>, add_binary<T>, add_logic<T>,    add_matmul<T>,   add_norm<T>,
          add_softmax<T>, add_attention<T>,   add_rotary<T>, add_views<T>,    add_movement<T>, add_blocks<T>,
          add_reduce<T>,  add_order<T>,       add_gather<T>, add_scatter<T>,  add_conv<T>,     add_pool<T>,
          add_resize<T>,  add_grid_sample<T>, add_einsum<T>, add_recurrent<T>})
      add(entered);
    return entered;
  }();
  return all;
}

#define ASSAY_INSTANTIATE(T)                                           \
  template class KernelContext<T>;                                     \
  template const T* KernelContext<T>::elements<T>(size_t);             \
  template const int64_t* KernelContext<T>::elements<int64_t>(size_t); \
  template const bool* KernelContext<T>::elements<bool>(size_t);       \
  template T* KernelContext<T>::out<T>(size_t);                        \
  template int64_t* KernelContext<T>::out<int64_t>(size_t);            \
  template bool* KernelContext<T>::out<bool>(size_t);                  \
  template const Kernels<T>& kernels<T>();

ASSAY_INSTANTIATE(float)
ASSAY_INSTANTIATE(double)

}  // namespace assay::reference
