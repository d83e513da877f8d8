#include "gguf/file.h"

#include <bit>
#include <cstring>

#include "base/part_file.h"

namespace assay::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr uint64_t kAlignment = 32;
constexpr uint32_t kTypeF32 = 0;

uint64_t aligned(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

class Writer {
 public:
  template <class T>
  void number(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    header_.append(bytes, sizeof value);
  }
  void text(const std::string& value) {
    number<uint64_t>(value.size());
    header_ += value;
  }
  void field(const std::string& key, const Field& value) {
    text(key);
    if (const auto* integer = std::get_if<uint32_t>(&value)) {
      number<uint32_t>(4);
      number(*integer);
    } else if (const auto* real = std::get_if<float>(&value)) {
      number<uint32_t>(6);
      number(*real);
    } else if (const auto* list = std::get_if<std::vector<uint32_t>>(&value)) {
      number<uint32_t>(9);
      number<uint32_t>(4);
      number<uint64_t>(list->size());
      for (const uint32_t entry : *list) number(entry);
    } else {
      number<uint32_t>(8);
      text(std::get<std::string>(value));
    }
  }
  void tensor(const PendingTensor& tensor, uint64_t offset) {
    text(tensor.name);
    number(static_cast<uint32_t>(tensor.shape.size()));
    for (auto dimension = tensor.shape.rbegin(); dimension != tensor.shape.rend(); ++dimension)
      number(static_cast<uint64_t>(*dimension));
    number(kTypeF32);
    number(offset);
  }
  [[nodiscard]] const std::string& header() {
    header_.resize(aligned(header_.size()));
    return header_;
  }

 private:
  std::string header_ = "GGUF";
};

std::string header_of(const std::vector<std::pair<std::string, Field>>& fields,
                      const std::vector<PendingTensor>& tensors) {
  Writer writer;
  writer.number<uint32_t>(3);
  writer.number<uint64_t>(tensors.size());
  writer.number<uint64_t>(fields.size());
  for (const auto& [key, value] : fields) writer.field(key, value);
  uint64_t offset = 0;
  for (const PendingTensor& tensor : tensors) {
    writer.tensor(tensor, offset);
    offset = aligned(offset + static_cast<uint64_t>(tensor::element_count(tensor.shape)) * sizeof(float));
  }
  return writer.header();
}

}  // namespace

Result<> write_gguf(const std::filesystem::path& path,
                    const std::vector<std::pair<std::string, Field>>& fields,
                    const std::vector<PendingTensor>& tensors) {
  PartFile file(path);
  ASSAY_TRY_VOID(file.write(header_of(fields, tensors)));
  const std::string padding(kAlignment, '\0');
  for (const PendingTensor& tensor : tensors) {
    const tensor::Tensor data = tensor.produce();
    const auto bytes = data.bytes();
    ASSAY_TRY_VOID(file.write(bytes));
    ASSAY_TRY_VOID(file.write(std::string_view(padding).substr(0, aligned(bytes.size()) - bytes.size())));
  }
  return file.commit();
}

}  // namespace assay::gguf
