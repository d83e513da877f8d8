#include "models/stack.h"

#include <algorithm>
#include <memory>

namespace assay::models {

using tensor::Shape;
using tensor::Tensor;
using tensor::TensorMap;

TensorMap stacked(std::span<const TensorMap> sets) {
  ASSAY_CHECK(!sets.empty());
  TensorMap result;
  for (const auto& [name, first] : sets.front()) {
    Shape shape = first.shape();
    shape.insert(shape.begin(), static_cast<int64_t>(sets.size()));
    Tensor all(first.dtype(), std::move(shape));
    auto target = all.mutable_bytes().begin();
    for (const TensorMap& set : sets) {
      const Tensor& one = set.at(name);
      ASSAY_CHECK(
          set.size() == sets.front().size() && one.dtype() == first.dtype() && one.shape() == first.shape(),
          "{}: a set is of another form", name);
      target = std::ranges::copy(one.bytes(), target).out;
    }
    result.emplace(name, std::move(all));
  }
  return result;
}

TensorMap set_of(const TensorMap& stacked, int index) {
  TensorMap result;
  for (const auto& [name, all] : stacked) {
    ASSAY_CHECK(!all.shape().empty() && index >= 0 && index < all.shape().front(), "{}: no set {}", name,
                index);
    const size_t bytes = all.bytes().size() / static_cast<size_t>(all.shape().front());
    result.emplace(name, Tensor::view(all.dtype(), Shape(all.shape().begin() + 1, all.shape().end()),
                                      all.bytes().subspan(static_cast<size_t>(index) * bytes, bytes),
                                      std::make_shared<const Tensor>(all)));
  }
  return result;
}

int set_count(const TensorMap& stacked) {
  return stacked.empty() ? 0 : static_cast<int>(stacked.begin()->second.shape().at(0));
}

}  // namespace assay::models
