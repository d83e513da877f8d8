#include "tensor/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/file.h"
#include "base/json_fields.h"

namespace assay::tensor {
namespace {

using nlohmann::json;

// The format allows 100 MB, which would be gigabytes once parsed; 16 MiB are names for 100,000 tensors.
constexpr uint64_t kMostHeaderBytes = uint64_t{16} << 20;

constexpr size_t kLengthBytes = 8;

// Lists and objects: three a tensor.
constexpr size_t kMostHeaderParts = 1'000'000;

// A name or a value from outside, quoted, without control characters, for a message of one line.
std::string shown(const json& value) {
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 200 ? text : text.substr(0, 200) + "…";
}

// The length that a file says its header has; 0 when it is too short to say.
uint64_t header_length(std::span<const std::byte> beginning) {
  uint64_t length = 0;
  if (beginning.size() < kLengthBytes) return length;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= static_cast<uint64_t>(beginning[i]) << (8 * i);
  return length;
}

// Checks one file; every failure names it.
class HeaderReader {
 public:
  // The file's beginning with the whole header, or with as much of it as there is.
  HeaderReader(std::string file, std::span<const std::byte> beginning, uint64_t file_bytes)
      : file_(std::move(file)), bytes_(beginning), file_bytes_(file_bytes) {}

  Result<std::map<std::string, Extent>> read() {
    ASSAY_TRY(const json header, parsed());
    std::map<std::string, Extent> result;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      ASSAY_TRY(result[name], extent(shown(name), entry));
    }
    ASSAY_TRY_VOID(check_cover(result));
    return result;
  }

 private:
  Result<json> parsed() {
    if (bytes_.size() < kLengthBytes)
      return fail(ErrorKind::data, "{}: {} bytes, not a safetensors file", file_, bytes_.size());
    const uint64_t length = header_length(bytes_);
    if (length > kMostHeaderBytes || length > bytes_.size() - kLengthBytes)
      return fail(ErrorKind::data,
                  "{}: header of {} bytes in a file of {}: truncated, or not a safetensors file", file_,
                  length, file_bytes_);
    data_begin_ = kLengthBytes + length;
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes, length);
    if (!text.starts_with('{')) return fail(ErrorKind::data, "{}: the header is not a JSON object", file_);
    return parse_json(text, file_ + ": header",
                      {.containers = kMostHeaderParts, .values = 8 * kMostHeaderParts});
  }

  // The extent of one tensor, inside the file and as large as type and shape say.
  Result<Extent> extent(const std::string& name, const json& entry) {
    JsonFields fields(entry, fmt::format("{}: tensor {}", file_, name), JsonFields::Unknown::allowed);
    Extent result;
    result.dtype = fields.named("dtype", dtype_from_name, "F32, F64, F16, BF16, I64, I32 or BOOL");
    result.shape = fields.integers("shape", kMostHeaderParts, 0);
    const auto offsets = fields.integers("data_offsets", kMostHeaderParts, 0);
    ASSAY_TRY_VOID(fields.finish());
    const uint64_t data_bytes = file_bytes_ - data_begin_;
    if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<uint64_t>(offsets[1]) > data_bytes)
      return fail(ErrorKind::data,
                  "{}: tensor {}: data_offsets {} do not lie in the {} bytes of data: truncated?", file_,
                  name, shown(entry["data_offsets"]), data_bytes);
    result.offset = static_cast<int64_t>(data_begin_) + offsets[0];
    result.bytes = offsets[1] - offsets[0];
    if (expected_bytes(result.shape, result.dtype) != result.bytes)
      return fail(ErrorKind::data, "{}: tensor {}: {} bytes do not make {} of type {}", file_, name,
                  result.bytes, to_string(result.shape), dtype_name(result.dtype));
    return result;
  }

  // The size that type and shape ask for; -1 when it does not fit 64 bits.
  static int64_t expected_bytes(const Shape& shape, DType dtype) {
    auto bytes = static_cast<int64_t>(dtype_size(dtype));
    for (const int64_t dimension : shape) {
      if (dimension == 0) return 0;
      if (bytes > std::numeric_limits<int64_t>::max() / dimension) bytes = -1;
      if (bytes > 0) bytes *= dimension;
    }
    return bytes;
  }

  // The tensors must cover the data without overlap and without a hole, as the format demands.
  Result<> check_cover(const std::map<std::string, Extent>& extents) {
    std::vector<std::pair<const Extent*, const std::string*>> order;
    for (const auto& [name, extent] : extents) order.emplace_back(&extent, &name);
    std::ranges::sort(order, {}, [](const auto& item) {
      return std::tuple(item.first->offset, item.first->bytes, *item.second);
    });
    auto end = static_cast<int64_t>(data_begin_);
    for (const auto& [extent, name] : order) {
      if (extent->offset != end)
        return fail(ErrorKind::data, "{}: tensor {} {}: it begins at byte {} where {} is expected", file_,
                    shown(*name), extent->offset < end ? "overlaps another" : "follows a hole",
                    extent->offset, end);
      end = extent->offset + extent->bytes;
    }
    if (end != static_cast<int64_t>(file_bytes_))
      return fail(ErrorKind::data, "{}: {} bytes follow the last tensor, none are expected", file_,
                  static_cast<int64_t>(file_bytes_) - end);
    return {};
  }

  std::string file_;
  std::span<const std::byte> bytes_;
  uint64_t file_bytes_;
  uint64_t data_begin_ = 0;
};

// The tensor in place; a copy where a foreign writer did not align it to its element type.
Tensor placed(const Extent& extent, const std::shared_ptr<const MappedFile>& file) {
  const auto bytes =
      file->bytes().subspan(static_cast<size_t>(extent.offset), static_cast<size_t>(extent.bytes));
  if (reinterpret_cast<uintptr_t>(bytes.data()) % dtype_size(extent.dtype) == 0)
    return Tensor::view(extent.dtype, extent.shape, bytes, file);
  Tensor copy(extent.dtype, extent.shape);
  std::ranges::copy(bytes, copy.mutable_bytes().begin());
  return copy;
}

Result<TensorMap> tensors_of(const std::shared_ptr<const MappedFile>& file,
                             const std::filesystem::path& path) {
  ASSAY_TRY(const auto extents, HeaderReader(path.string(), file->bytes(), file->bytes().size()).read());
  TensorMap result;
  for (const auto& [name, extent] : extents) result.emplace(name, placed(extent, file));
  return result;
}

}  // namespace

Result<std::map<std::string, Extent>> read_safetensors_header(const std::filesystem::path& path) {
  ASSAY_TRY(const auto start, read_beginning(path, kLengthBytes));
  const uint64_t length = std::min(header_length(std::as_bytes(std::span(start.bytes))), kMostHeaderBytes);
  ASSAY_TRY(const auto beginning, read_beginning(path, kLengthBytes + length));
  return HeaderReader(path.string(), std::as_bytes(std::span(beginning.bytes)), beginning.file_bytes).read();
}

Result<TensorMap> read_safetensors(const std::filesystem::path& path) {
  ASSAY_TRY(const auto file, MappedFile::open(path));
  return tensors_of(file, path);
}

Result<TensorMap> read_plain_safetensors(const std::filesystem::path& path) {
  ASSAY_TRY(const auto file, MappedFile::read_plain(path));
  return tensors_of(file, path);
}

}  // namespace assay::tensor
