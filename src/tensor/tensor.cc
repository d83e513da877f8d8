#include "tensor/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

namespace assay::tensor {
namespace {

struct DTypeTraits {
  std::string_view name;
  size_t size;
  bool floating;
};

// In the order of the enumeration.
constexpr std::array<DTypeTraits, 7> kTraits = {{{"F32", 4, true},
                                                 {"F64", 8, true},
                                                 {"F16", 2, true},
                                                 {"BF16", 2, true},
                                                 {"I64", 8, false},
                                                 {"I32", 4, false},
                                                 {"BOOL", 1, false}}};

const DTypeTraits& traits(DType dtype) { return kTraits[static_cast<size_t>(dtype)]; }

// Cache line: what vectorised readers like best.
constexpr std::align_val_t kAlignment{64};

std::shared_ptr<std::byte[]> zeroed_bytes(size_t size) {
  auto* bytes = static_cast<std::byte*>(::operator new[](size, kAlignment));
  std::memset(bytes, 0, size);
  return {bytes, [](std::byte* p) { ::operator delete[](p, kAlignment); }};
}

// A binary floating format of 16 bits.
struct Format16 {
  int fraction_bits;
  int min_exponent;  // of the smallest normal number
};
constexpr Format16 kF16{10, -14};
constexpr Format16 kBF16{7, -126};

uint16_t infinity_bits(Format16 format) {
  return static_cast<uint16_t>(0x7FFF & ~((1 << format.fraction_bits) - 1));
}

double widen(uint16_t bits, Format16 format) {
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  const int magnitude = bits & 0x7FFF;
  const int exponent = magnitude >> format.fraction_bits;
  const int fraction = magnitude & ((1 << format.fraction_bits) - 1);
  if (magnitude == infinity_bits(format)) return sign * std::numeric_limits<double>::infinity();
  if (magnitude > infinity_bits(format)) return std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(fraction, format.min_exponent - format.fraction_bits);
  return sign * std::ldexp(fraction + (1 << format.fraction_bits),
                           exponent - 1 + format.min_exponent - format.fraction_bits);
}

// Rounds once, from the double, to nearest even; beyond the largest number it is infinity.
uint16_t narrow(double value, Format16 format) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | infinity_bits(format) | (1 << (format.fraction_bits - 1));
  if (std::isinf(value)) return sign | infinity_bits(format);
  if (value == 0) return sign;
  const double magnitude = std::abs(value);
  const int exponent = std::max(std::ilogb(magnitude), format.min_exponent);
  // In units of the last place the number is an integer of fraction_bits + 1 bits; a carry moves into the
  // exponent by itself.
  const double units = std::nearbyint(std::ldexp(magnitude, format.fraction_bits - exponent));
  const double bits = std::ldexp(exponent - format.min_exponent, format.fraction_bits) + units;
  return sign | static_cast<uint16_t>(std::min<double>(bits, infinity_bits(format)));
}

const std::vector<float>& widening_table(DType dtype) {
  const auto build = [](Format16 format) {
    std::vector<float> table(1 << 16);
    for (size_t i = 0; i < table.size(); ++i)
      table[i] = static_cast<float>(widen(static_cast<uint16_t>(i), format));
    return table;
  };
  static const std::vector<float> f16 = build(kF16);
  static const std::vector<float> bf16 = build(kBF16);
  return dtype == DType::f16 ? f16 : bf16;
}

std::span<const uint16_t> words(const Tensor& tensor) {
  return {reinterpret_cast<const uint16_t*>(tensor.bytes().data()), static_cast<size_t>(tensor.size())};
}

template <class To, class From>
Tensor cast(std::span<const From> source, const Shape& shape) {
  Tensor result(dtype_of<To>(), shape);
  auto target = result.mutable_data<To>();
  for (size_t i = 0; i < source.size(); ++i) target[i] = static_cast<To>(source[i]);
  return result;
}

template <class To>
Tensor widened(const Tensor& tensor) {
  const std::vector<float>& table = widening_table(tensor.dtype());
  Tensor result(dtype_of<To>(), tensor.shape());
  auto target = result.mutable_data<To>();
  const auto source = words(tensor);
  for (size_t i = 0; i < source.size(); ++i) target[i] = table[source[i]];
  return result;
}

// Every floating type fits a double exactly, so a conversion through it rounds only once.
Tensor narrowed(const Tensor& tensor, DType dtype) {
  const Tensor wide = converted(tensor, DType::f64);
  const auto source = wide.data<double>();
  Tensor result(dtype, tensor.shape());
  auto* target = reinterpret_cast<uint16_t*>(result.mutable_bytes().data());
  for (size_t i = 0; i < source.size(); ++i)
    target[i] = narrow(source[i], dtype == DType::f16 ? kF16 : kBF16);
  return result;
}

}  // namespace

size_t dtype_size(DType dtype) { return traits(dtype).size; }

std::string_view dtype_name(DType dtype) { return traits(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (size_t i = 0; i < kTraits.size(); ++i)
    if (kTraits[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

bool is_floating(DType dtype) { return traits(dtype).floating; }

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape) count *= dimension;
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Tensor::Tensor(DType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
  const size_t bytes = static_cast<size_t>(element_count(shape_)) * dtype_size(dtype);
  owned_ = zeroed_bytes(bytes);
  bytes_ = {owned_.get(), bytes};
}

Tensor Tensor::view(DType dtype, Shape shape, std::span<const std::byte> bytes,
                    std::shared_ptr<const void> owner) {
  Tensor result(dtype, {0});
  ASSAY_CHECK(bytes.size() == static_cast<size_t>(element_count(shape)) * dtype_size(dtype),
              "{} bytes for {} of {}", bytes.size(), to_string(shape), dtype_name(dtype));
  result.shape_ = std::move(shape);
  result.bytes_ = bytes;
  result.owned_ = nullptr;
  result.mapped_owner_ = std::move(owner);
  return result;
}

std::span<std::byte> Tensor::mutable_bytes() {
  ASSAY_CHECK(owned_ != nullptr, "a view of {} cannot be written", to_string(shape_));
  return {owned_.get(), bytes_.size()};
}

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  ASSAY_CHECK(is_floating(tensor.dtype()) && is_floating(dtype), "{} to {}", dtype_name(tensor.dtype()),
              dtype_name(dtype));
  if (dtype == DType::f16 || dtype == DType::bf16) return narrowed(tensor, dtype);
  if (tensor.dtype() == DType::f64) return cast<float>(tensor.data<double>(), tensor.shape());
  if (tensor.dtype() == DType::f32) return cast<double>(tensor.data<float>(), tensor.shape());
  return dtype == DType::f32 ? widened<float>(tensor) : widened<double>(tensor);
}

}  // namespace assay::tensor
