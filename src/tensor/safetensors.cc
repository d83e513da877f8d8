#include "tensor/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace assay::tensor {
namespace {

using nlohmann::json;

// The format allows 100 MB, which would be gigabytes once parsed; 16 MiB are names for 100,000 tensors.
constexpr uint64_t kMostHeaderBytes = uint64_t{16} << 20;

// A name or a value from outside, quoted, without control characters, for a message of one line.
std::string shown(const json& value) {
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 200 ? text : text.substr(0, 200) + "…";
}

// Sees every key that the parser meets and remembers the first that comes twice in its object, where the
// parser would keep the last silently.
class DuplicateFinder {
 public:
  void see(json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end && !keys_.empty()) keys_.pop_back();
    if (event != json::parse_event_t::key || keys_.empty() || duplicate_) return;
    if (!keys_.back().insert(parsed.get<std::string>()).second) duplicate_ = shown(parsed);
  }
  // As it is shown.
  [[nodiscard]] const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::optional<std::string> duplicate_;
};

// Checks one file; every failure names it.
class HeaderReader {
 public:
  HeaderReader(std::string file, std::span<const std::byte> bytes) : file_(std::move(file)), bytes_(bytes) {}

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
    if (bytes_.size() < 8)
      return fail(ErrorKind::data, "{}: {} bytes, not a safetensors file", file_, bytes_.size());
    uint64_t length = 0;
    for (size_t i = 0; i < 8; ++i) length |= static_cast<uint64_t>(bytes_[i]) << (8 * i);
    if (length > kMostHeaderBytes || length > bytes_.size() - 8)
      return fail(ErrorKind::data,
                  "{}: header of {} bytes in a file of {}: truncated, or not a safetensors file", file_,
                  length, bytes_.size());
    data_begin_ = 8 + length;
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + 8, length);
    if (nested_too_deep(text)) return fail(ErrorKind::data, "{}: the header is nested too deep", file_);
    // The parser would take a NUL for the end of its input, and skip a byte order mark.
    if (!text.starts_with('{') || text.find('\0') != std::string_view::npos)
      return fail(ErrorKind::data, "{}: the header is not a JSON object", file_);
    return parsed(text);
  }

  Result<json> parsed(std::string_view text) {
    DuplicateFinder finder;
    const auto watch = [&](int, json::parse_event_t event, json& value) {
      finder.see(event, value);
      return true;
    };
    json header = json::parse(text, watch, false);
    if (const auto& twice = finder.duplicate())
      return fail(ErrorKind::data, "{}: the header has {} twice", file_, *twice);
    if (!header.is_object()) return fail(ErrorKind::data, "{}: the header is not a JSON object", file_);
    return header;
  }

  // The extent of one tensor, inside the file and as large as type and shape say.
  Result<Extent> extent(const std::string& name, const json& entry) {
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
      return fail(ErrorKind::data, "{}: tensor {}: dtype, shape and data_offsets are needed", file_, name);
    Extent result;
    ASSAY_TRY(result.dtype, dtype(name, entry["dtype"]));
    ASSAY_TRY(const auto shape, naturals(name, "shape", entry["shape"]));
    ASSAY_TRY(const auto offsets, naturals(name, "data_offsets", entry["data_offsets"]));
    const uint64_t data_bytes = bytes_.size() - data_begin_;
    if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<uint64_t>(offsets[1]) > data_bytes)
      return fail(ErrorKind::data,
                  "{}: tensor {}: data_offsets {} do not lie in the {} bytes of data: truncated?", file_,
                  name, shown(entry["data_offsets"]), data_bytes);
    result.shape = shape;
    result.offset = static_cast<int64_t>(data_begin_) + offsets[0];
    result.bytes = offsets[1] - offsets[0];
    if (expected_bytes(shape, result.dtype) != result.bytes)
      return fail(ErrorKind::data, "{}: tensor {}: {} bytes do not make {} of type {}", file_, name,
                  result.bytes, to_string(shape), dtype_name(result.dtype));
    return result;
  }

  Result<DType> dtype(const std::string& name, const json& value) {
    const auto known = value.is_string() ? dtype_from_name(value.get<std::string>()) : std::nullopt;
    if (!known)
      return fail(ErrorKind::data, "{}: tensor {}: type {}; F32, F64, F16, BF16, I64, I32, BOOL can be read",
                  file_, name, shown(value));
    return *known;
  }

  Result<std::vector<int64_t>> naturals(const std::string& name, std::string_view key, const json& value) {
    std::vector<int64_t> result;
    bool good = value.is_array();
    for (const json& item : value) {
      good = good && item.is_number_unsigned() && item.get<uint64_t>() <= std::numeric_limits<int64_t>::max();
      if (good) result.push_back(item.get<int64_t>());
    }
    if (!good)
      return fail(ErrorKind::data, "{}: tensor {}: {} is {}, not a list of natural numbers", file_, name, key,
                  shown(value));
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
    if (end != static_cast<int64_t>(bytes_.size()))
      return fail(ErrorKind::data, "{}: {} bytes follow the last tensor, none are expected", file_,
                  static_cast<int64_t>(bytes_.size()) - end);
    return {};
  }

  std::string file_;
  std::span<const std::byte> bytes_;
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
  ASSAY_TRY(const auto extents, HeaderReader(path.string(), file->bytes()).read());
  TensorMap result;
  for (const auto& [name, extent] : extents) result.emplace(name, placed(extent, file));
  return result;
}

}  // namespace

Result<std::map<std::string, Extent>> read_safetensors_header(const std::filesystem::path& path) {
  ASSAY_TRY(const auto file, MappedFile::open(path));
  return HeaderReader(path.string(), file->bytes()).read();
}

Result<TensorMap> read_safetensors(const std::filesystem::path& path) {
  ASSAY_TRY(const auto file, MappedFile::open(path));
  return tensors_of(file, path);
}

Result<TensorMap> read_plain_safetensors(const std::filesystem::path& path) {
  ASSAY_TRY(const auto file, MappedFile::open_plain(path));
  return tensors_of(file, path);
}

}  // namespace assay::tensor
