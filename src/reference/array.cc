#include "reference/array.h"

#include <algorithm>
#include <new>

namespace assay::reference {
namespace {

constexpr auto kAlignment = std::align_val_t{64};
// Free memory that the arena keeps for later values, beyond which a block goes back to the system.
constexpr size_t kMostFreeBytes = size_t{1} << 30;

// Sizes are rounded up to eight steps a power of two, so that blocks of nearly the same size replace each
// other.
size_t rounded(size_t bytes) {
  size_t step = 64;
  while (step * 16 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

}  // namespace

Arena::~Arena() {
  for (const auto& [bytes, block] : free_) ::operator delete(block, kAlignment);
}

std::shared_ptr<std::byte> Arena::take(size_t bytes) {
  const size_t size = rounded(std::max<size_t>(bytes, 1));
  std::byte* block = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = free_.find(size); found != free_.end()) {
      block = found->second;
      free_.erase(found);
      free_bytes_ -= size;
    }
  }
  if (block == nullptr) block = static_cast<std::byte*>(::operator new(size, kAlignment));
  return {block,
          [arena = shared_from_this(), size](std::byte* returned) { arena->give_back(returned, size); }};
}

void Arena::give_back(std::byte* block, size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (free_bytes_ + bytes > kMostFreeBytes) {
    ::operator delete(block, kAlignment);
    return;
  }
  free_.emplace(bytes, block);
  free_bytes_ += bytes;
}

Array::Array(Arena& arena, DType storage, Shape shape)
    : storage_(storage), shape_(std::move(shape)), size_(tensor::element_count(shape_)) {
  owned_ = arena.take(static_cast<size_t>(size_) * tensor::dtype_size(storage));
  data_ = owned_.get();
}

Array::Array(const tensor::Tensor& tensor)
    : storage_(tensor.dtype()),
      shape_(tensor.shape()),
      size_(tensor.size()),
      data_(tensor.bytes().data()),
      outside_(std::make_shared<tensor::Tensor>(tensor)) {}

std::byte* Array::mutable_bytes() {
  ASSAY_CHECK(owned_ != nullptr, "writing to a bound tensor");
  return owned_.get();
}

Array Array::reshaped(Shape shape) const {
  Array result = *this;
  result.shape_ = std::move(shape);
  ASSAY_CHECK(tensor::element_count(result.shape_) == size_, "{} reshaped to {}", tensor::to_string(shape_),
              tensor::to_string(result.shape_));
  return result;
}

tensor::Tensor Array::to_tensor() const {
  const std::span<const std::byte> all{data_, static_cast<size_t>(size_) * element_bytes()};
  if (outside_ != nullptr) return tensor::Tensor::view(storage_, shape_, all, outside_);
  return tensor::Tensor::view(storage_, shape_, all, owned_);
}

}  // namespace assay::reference
