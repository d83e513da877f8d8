#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tensor/safetensors.h"

namespace assay::tensor {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kDataAlignment = 4096;
constexpr int64_t kTensorAlignment = 64;

int64_t bytes_of(const PendingTensor& tensor) {
  return element_count(tensor.shape) * static_cast<int64_t>(dtype_size(tensor.dtype));
}

// The order in the file: see the header. Stable, so that equal ones stay as given.
std::vector<const PendingTensor*> file_order(const std::vector<PendingTensor>& tensors) {
  std::vector<const PendingTensor*> order;
  for (const PendingTensor& tensor : tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, {}, [](const PendingTensor* tensor) {
    const bool odd = bytes_of(*tensor) % kTensorAlignment != 0;
    return odd ? 16 - static_cast<int>(dtype_size(tensor->dtype)) : 0;
  });
  return order;
}

// Length, JSON, and spaces up to the aligned start of the data.
std::string header_of(const std::vector<const PendingTensor*>& order) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  int64_t offset = 0;
  for (const PendingTensor* tensor : order) {
    ASSAY_CHECK(!header.contains(tensor->name), "tensor {} is there twice", tensor->name);
    const int64_t end = offset + bytes_of(*tensor);
    header[tensor->name] = {
        {"dtype", dtype_name(tensor->dtype)}, {"shape", tensor->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const auto used = static_cast<int64_t>(text.size()) + 8;
  text.append(static_cast<size_t>((kDataAlignment - used % kDataAlignment) % kDataAlignment), ' ');
  std::string result;
  for (size_t i = 0; i < 8; ++i) result += static_cast<char>((text.size() >> (8 * i)) & 0xFF);
  return result + text;
}

}  // namespace

Result<> write_safetensors(const fs::path& path, const std::vector<PendingTensor>& tensors, Flush flush) {
  const auto order = file_order(tensors);
  const std::string header = header_of(order);
  PartFile file(path);
  ASSAY_TRY_VOID(file.write(header));
  for (const PendingTensor* pending : order) {
    ASSAY_TRY(const Tensor tensor, pending->produce());
    ASSAY_CHECK(tensor.dtype() == pending->dtype && tensor.shape() == pending->shape,
                "{} was announced otherwise", pending->name);
    ASSAY_TRY_VOID(file.write(tensor.bytes()));
  }
  return file.commit(flush);
}

Result<> write_safetensors(const fs::path& path, const TensorMap& tensors, Flush flush) {
  std::vector<PendingTensor> pending;
  for (const auto& [name, tensor] : tensors)
    pending.push_back(
        {name, tensor.dtype(), tensor.shape(), [tensor]() -> Result<Tensor> { return tensor; }});
  return write_safetensors(path, pending, flush);
}

}  // namespace assay::tensor
