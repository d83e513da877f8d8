#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
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

// The neighbour that becomes the file at commit(), or vanishes.
class PartFile {
 public:
  explicit PartFile(const fs::path& path)
      : path_(path), part_(fmt::format("{}.{}.part", path.string(), ::getpid())) {
    std::error_code ignored;  // open() says what is wrong with the folder
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
    fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) error_ = errno;
  }
  ~PartFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!committed_) ::unlink(part_.c_str());
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  Result<> write(std::span<const std::byte> bytes) {
    while (error_ == 0 && !bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written >= 0)
        bytes = bytes.subspan(static_cast<size_t>(written));
      else if (errno != EINTR)
        error_ = errno;
    }
    return state();
  }

  Result<> commit(Flush flush) {
    if (error_ == 0 && flush == Flush::to_disk && ::fsync(fd_) != 0) error_ = errno;
    if (error_ == 0 && ::rename(part_.c_str(), path_.c_str()) != 0) error_ = errno;
    committed_ = error_ == 0;
    return state();
  }

 private:
  [[nodiscard]] Result<> state() const {
    if (error_ == 0) return {};
    return fail(ErrorKind::environment, "{}: cannot be written: {}", path_.string(), std::strerror(error_));
  }

  fs::path path_;
  std::string part_;
  int fd_ = -1;
  int error_ = 0;
  bool committed_ = false;
};

}  // namespace

Result<> write_safetensors(const fs::path& path, const std::vector<PendingTensor>& tensors, Flush flush) {
  const auto order = file_order(tensors);
  const std::string header = header_of(order);
  PartFile file(path);
  ASSAY_TRY_VOID(file.write(std::as_bytes(std::span(header))));
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
