// A value during evaluation: elements of one of four storage types, a shape, and shared bytes. Integers of
// every width are held as int64, floating values as the evaluation's scalar; float32 data bound from outside
// stays float32 until a kernel asks for it, so that weights are widened when they are used and not before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "tensor/tensor.h"

namespace assay::reference {

using tensor::DType;
using tensor::Shape;

// Memory for values. What is given back is handed out again, since a fresh page of a large block costs more
// to get from the system than to fill. All of it is freed with the arena and the last value that came from
// it.
class Arena : public std::enable_shared_from_this<Arena> {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised bytes, aligned to a cache line.
  [[nodiscard]] std::shared_ptr<std::byte> take(size_t bytes);

 private:
  void give_back(std::byte* block, size_t bytes);

  std::mutex mutex_;
  std::multimap<size_t, std::byte*> free_;
  size_t free_bytes_ = 0;
};

class Array {
 public:
  Array() = default;
  // New uninitialised elements of storage type f32, f64, i64 or boolean.
  Array(Arena& arena, DType storage, Shape shape);
  // A read-only view of a tensor of one of those types.
  explicit Array(const tensor::Tensor& tensor);

  [[nodiscard]] DType storage() const { return storage_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] int64_t size() const { return size_; }
  [[nodiscard]] size_t element_bytes() const { return tensor::dtype_size(storage_); }
  [[nodiscard]] const std::byte* bytes() const { return data_; }

  template <class T>
  [[nodiscard]] const T* data() const {
    ASSAY_CHECK(tensor::dtype_of<T>() == storage_, "array holds {}", tensor::dtype_name(storage_));
    return reinterpret_cast<const T*>(data_);
  }
  // For writing; only by the kernel that made the array or holds it alone.
  template <class T>
  [[nodiscard]] T* mutable_data() {
    ASSAY_CHECK(tensor::dtype_of<T>() == storage_, "array holds {}", tensor::dtype_name(storage_));
    return reinterpret_cast<T*>(mutable_bytes());
  }
  [[nodiscard]] std::byte* mutable_bytes();

  // Whether nobody else holds these bytes, so that a result may overwrite them.
  [[nodiscard]] bool exclusive() const { return owned_ != nullptr && owned_.use_count() == 1; }
  // The same bytes under another shape of as many elements.
  [[nodiscard]] Array reshaped(Shape shape) const;
  // A tensor that shares the bytes.
  [[nodiscard]] tensor::Tensor to_tensor() const;

 private:
  DType storage_ = DType::f32;
  Shape shape_;
  int64_t size_ = 0;
  const std::byte* data_ = nullptr;
  std::shared_ptr<std::byte> owned_;               // of a computed value
  std::shared_ptr<const tensor::Tensor> outside_;  // of a bound one
};

}  // namespace assay::reference
