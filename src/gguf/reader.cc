#include "gguf/reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace assay::gguf {
namespace {

constexpr uint64_t kMostKeys = 100'000, kMostTensors = 1'000'000;
constexpr uint64_t kMostName = 65535;    // as the format has it
constexpr uint64_t kMostKept = 10'000;   // of a list: one a layer is kept, one a token is not
constexpr uint32_t kMostDimensions = 4;  // as the format has it
constexpr uint32_t kMostAlignment = 1 << 20;
constexpr int kMostNested = 4;  // lists of lists
constexpr size_t kMostOfName = 200;

enum Kind : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kFlag, kText, kList, kU64, kI64, kF64 };
constexpr uint64_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

// The shortest decimal that rounds to that float32.
double decimal(float single) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, single).ptr;
  double result = 0;
  const auto read = std::from_chars(text, end, result);
  return read.ec == std::errc() ? result : static_cast<double>(single);
}

// Goes through the bytes from their begin to their end. After a fault everything that comes is nothing.
class Cursor {
 public:
  Cursor(std::string file, std::span<const std::byte> bytes) : file_(std::move(file)), bytes_(bytes) {}

  [[nodiscard]] bool failed() const { return !status_; }
  [[nodiscard]] const Result<>& status() const { return status_; }
  [[nodiscard]] uint64_t place() const { return place_; }
  [[nodiscard]] uint64_t left() const { return bytes_.size() - place_; }
  // Says once what is wrong, and where.
  void refuse(std::string_view what) {
    if (status_) status_ = fail(ErrorKind::data, "{}: {}{}", file_, where_, what);
  }
  // "key KEY: ", in front of what is wrong with it.
  void at(std::string_view kind, std::string_view name) {
    where_ = fmt::format("{} {}: ", kind, one_line(name, kMostOfName));
  }

  template <class T>
  T number() {
    T result{};
    const auto bytes = take(sizeof result);
    if (!bytes.empty()) std::memcpy(&result, bytes.data(), sizeof result);
    return result;
  }
  std::string_view words(uint64_t most = std::numeric_limits<uint64_t>::max()) {
    const auto length = number<uint64_t>();
    if (length > most) refuse(fmt::format("a name of {} bytes, expected {} at most", length, most));
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::span<const std::byte> take(uint64_t count) {
    if (count > left())
      refuse(fmt::format("{} bytes expected at byte {} of {}: truncated?", count, place_, bytes_.size()));
    if (failed()) return {};
    const auto result = bytes_.subspan(place_, count);
    place_ += count;
    return result;
  }

 private:
  std::string file_, where_;
  std::span<const std::byte> bytes_;
  uint64_t place_ = 0;
  Result<> status_;
};

int64_t limited(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, std::numeric_limits<int64_t>::max()));
}

// A number of that kind; flags in lists are numbers, too.
std::variant<int64_t, double> read_number(Cursor& c, uint32_t kind) {
  switch (kind) {
    case kU8:
      return int64_t{c.number<uint8_t>()};
    case kI8:
      return int64_t{c.number<int8_t>()};
    case kU16:
      return int64_t{c.number<uint16_t>()};
    case kI16:
      return int64_t{c.number<int16_t>()};
    case kU32:
      return int64_t{c.number<uint32_t>()};
    case kI32:
      return int64_t{c.number<int32_t>()};
    case kF32:
      return decimal(c.number<float>());
    case kFlag:
      return int64_t{c.number<uint8_t>()};
    case kU64:
      return limited(c.number<uint64_t>());
    case kI64:
      return c.number<int64_t>();
    default:
      return c.number<double>();
  }
}

List read_list(Cursor& c, int depth);

void skip(Cursor& c, uint32_t kind, int depth) {
  if (kind == kText) {
    c.words();
  } else if (kind == kList) {
    read_list(c, depth + 1);
  } else {
    c.take(kBytes[kind]);
  }
}

List read_list(Cursor& c, int depth) {
  const auto kind = c.number<uint32_t>();
  List result{.count = c.number<uint64_t>(), .numbers = {}};
  if (kind > kF64) c.refuse(fmt::format("a list of type {}, which is not known", kind));
  if (depth > kMostNested) c.refuse("lists inside of lists, nested too deeply");
  if (c.failed()) return {};
  const uint64_t least = kind == kText ? 8 : kind == kList ? 12 : kBytes[kind];
  if (result.count > c.left() / least)
    c.refuse(fmt::format("a list of {} in the {} bytes that are left: truncated?", result.count, c.left()));
  const bool kept = kind != kText && kind != kList && result.count <= kMostKept;
  if (!kept && least == kBytes[kind]) {
    c.take(result.count * least);
    return result;
  }
  for (uint64_t i = 0; i < result.count && !c.failed(); ++i) {
    if (kept)
      result.numbers.push_back(read_number(c, kind));
    else
      skip(c, kind, depth);
  }
  return result;
}

MetadataValue read_value(Cursor& c) {
  const auto kind = c.number<uint32_t>();
  if (kind > kF64) c.refuse(fmt::format("type {}, which is not known", kind));
  if (c.failed()) return false;
  if (kind == kText) return c.words();
  if (kind == kList) return read_list(c, 0);
  if (kind == kFlag) return c.number<uint8_t>() != 0;
  return std::visit([](auto number) { return MetadataValue(number); }, read_number(c, kind));
}

// A tensor as the header has it.
struct Info {
  std::string name;
  StoredTensor tensor;
  uint64_t offset = 0, bytes = 0;
};

// How many elements, and that a row of them is whole blocks.
uint64_t read_shape(Cursor& c, StoredTensor& tensor) {
  const auto dimensions = c.number<uint32_t>();
  if (dimensions > kMostDimensions)
    c.refuse(fmt::format("{} dimensions, expected {} at most", dimensions, kMostDimensions));
  uint64_t elements = 1;
  for (uint32_t i = 0; i < dimensions && !c.failed(); ++i) {
    const auto size = c.number<uint64_t>();
    if (size == 0 || size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / elements)
      c.refuse(fmt::format("a dimension of {}, expected elements that 64 bits can count", size));
    if (c.failed()) return 0;
    elements *= size;
    tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(size));
  }
  return elements;
}

void read_type(Cursor& c, StoredTensor& tensor) {
  const auto number = c.number<uint32_t>();
  tensor.type = block_type(number);
  const std::string_view name = type_name(number);
  if (tensor.type == nullptr)
    c.refuse(
        fmt::format("type {}, which is not read here; F32, F16, BF16, Q4_0 to Q8_0, Q2_K to Q6_K, IQ4_NL, "
                    "IQ4_XS and MXFP4 are",
                    name.empty() ? fmt::format("{}", number) : std::string(name)));
}

Info read_info(Cursor& c) {
  Info info;
  info.name = c.words(kMostName);
  c.at("tensor", info.name);
  const uint64_t elements = read_shape(c, info.tensor);
  read_type(c, info.tensor);
  info.offset = c.number<uint64_t>();
  if (c.failed()) return info;
  const BlockType& type = *info.tensor.type;
  const int64_t row = info.tensor.shape.empty() ? 1 : info.tensor.shape.back();
  if (row % type.elements != 0)
    c.refuse(fmt::format("rows of {}, expected blocks of {} of type {}", row, type.elements, type.name));
  if (elements / type.elements > std::numeric_limits<int64_t>::max() / type.bytes)
    c.refuse(
        fmt::format("{} elements of type {}, expected bytes that 64 bits can count", elements, type.name));
  info.bytes = elements / type.elements * type.bytes;
  return info;
}

// One file, from its begin to its end.
class FileReader {
 public:
  FileReader(const std::filesystem::path& path, std::shared_ptr<const MappedFile> file)
      : cursor_(path.string(), file->bytes()),
        contents_{.path = path, .file = std::move(file), .metadata = {}, .tensors = {}} {}

  Result<Contents> read() {
    ASSAY_TRY_VOID(header());
    ASSAY_TRY_VOID(keys());
    ASSAY_TRY_VOID(infos());
    ASSAY_TRY_VOID(place());
    return std::move(contents_);
  }

 private:
  Result<> header() {
    const auto magic = cursor_.take(4);
    if (magic.empty() || std::memcmp(magic.data(), "GGUF", 4) != 0)
      return fail(ErrorKind::data, "{}: not a GGUF file: it does not begin with GGUF",
                  contents_.path.string());
    const auto version = cursor_.number<uint32_t>();
    if (version != 0 && version % 65536 == 0)
      cursor_.refuse(fmt::format("big-endian (version {:#x}), which is not read here", version));
    else if (version != 2 && version != 3)
      cursor_.refuse(fmt::format("version {} of the format, expected 2 or 3", version));
    tensor_count_ = cursor_.number<uint64_t>();
    key_count_ = cursor_.number<uint64_t>();
    if (tensor_count_ > kMostTensors)
      cursor_.refuse(fmt::format("{} tensors, expected {} at most", tensor_count_, kMostTensors));
    if (key_count_ > kMostKeys)
      cursor_.refuse(fmt::format("{} keys, expected {} at most", key_count_, kMostKeys));
    return cursor_.status();
  }

  Result<> keys() {
    std::map<std::string_view, MetadataValue> fields;
    for (uint64_t i = 0; i < key_count_; ++i) {
      const std::string_view key = cursor_.words(kMostName);
      cursor_.at("key", key);
      if (!fields.emplace(key, read_value(cursor_)).second) cursor_.refuse("there twice");
      ASSAY_TRY_VOID(cursor_.status());
    }
    contents_.metadata = Metadata(contents_.path.string(), std::move(fields));
    if (!contents_.metadata.has(kAlignmentKey)) return {};
    ASSAY_TRY(const int64_t alignment, contents_.metadata.integer(kAlignmentKey, 1));
    alignment_ = static_cast<uint64_t>(alignment);
    if (std::has_single_bit(alignment_) && alignment_ <= kMostAlignment) return {};
    return contents_.metadata.refuse(kAlignmentKey, fmt::format("a power of two up to {}", kMostAlignment));
  }

  Result<> infos() {
    for (uint64_t i = 0; i < tensor_count_; ++i) {
      infos_.push_back(read_info(cursor_));
      ASSAY_TRY_VOID(cursor_.status());
    }
    std::ranges::sort(infos_, {}, [](const Info& info) { return std::tuple(info.offset, info.bytes); });
    return {};
  }

  // Where each lies, in the order in which they lie.
  Result<> place() {
    const uint64_t begin = (cursor_.place() + alignment_ - 1) / alignment_ * alignment_;
    const auto bytes = contents_.file->bytes();
    const uint64_t size = bytes.size() > begin ? bytes.size() - begin : 0;
    uint64_t end = 0;
    for (Info& info : infos_) {
      cursor_.at("tensor", info.name);
      if (info.offset % alignment_ != 0)
        cursor_.refuse(fmt::format("begins at {}, expected a multiple of {}", info.offset, alignment_));
      if (info.offset < end) cursor_.refuse("overlaps another");
      if (info.offset > size || info.bytes > size - info.offset)
        cursor_.refuse(fmt::format("{} bytes from {} on do not lie in the {} bytes of data: truncated?",
                                   info.bytes, info.offset, size));
      ASSAY_TRY_VOID(cursor_.status());
      info.tensor.bytes = bytes.subspan(begin + info.offset, info.bytes);
      end = info.offset + info.bytes;
      if (!contents_.tensors.emplace(info.name, std::move(info.tensor)).second) cursor_.refuse("there twice");
    }
    return cursor_.status();
  }

  static constexpr std::string_view kAlignmentKey = "general.alignment";

  Cursor cursor_;
  Contents contents_;
  uint64_t tensor_count_ = 0, key_count_ = 0, alignment_ = 32;
  std::vector<Info> infos_;
};

}  // namespace

Result<Contents> read_gguf(const std::filesystem::path& path) {
  ASSAY_TRY(auto file, MappedFile::open(path));
  return FileReader(path, std::move(file)).read();
}

}  // namespace assay::gguf
