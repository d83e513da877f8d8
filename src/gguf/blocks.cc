#include "gguf/blocks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/result.h"

namespace assay::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in memory");

constexpr int kSuper = 256;  // elements of a block of the K types and IQ4_XS
constexpr int kSmall = 32;   // of the others

// What a code of four bits stands for.
constexpr int8_t kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr int8_t kDoubledE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

template <class T>
T loaded(const uint8_t* bytes) {
  T result;
  std::memcpy(&result, bytes, sizeof result);
  return result;
}

// Exact: float32 holds every half.
float half(const uint8_t* bytes) {
  const auto bits = loaded<uint16_t>(bytes);
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1FU, fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float real(int number) { return static_cast<float>(number); }
int low(uint8_t byte) { return byte & 0xF; }
int high(uint8_t byte) { return byte >> 4; }
int two_bits(uint8_t byte, int shift) { return (byte >> shift) & 3; }

void f32(const uint8_t* block, float* y) { *y = loaded<float>(block); }
void f16(const uint8_t* block, float* y) { *y = half(block); }
void bf16(const uint8_t* block, float* y) {
  *y = std::bit_cast<float>(static_cast<uint32_t>(loaded<uint16_t>(block)) << 16);
}

// Small blocks: the low halves of 16 bytes are the first 16 elements, the high halves the others.
template <class Value>
void halves(const uint8_t* codes, float* y, Value value) {
  for (int i = 0; i < kSmall / 2; ++i) {
    y[i] = value(low(codes[i]), i);
    y[i + kSmall / 2] = value(high(codes[i]), i + kSmall / 2);
  }
}

void q4_0(const uint8_t* block, float* y) {
  const float d = half(block);
  halves(block + 2, y, [&](int code, int) { return real(code - 8) * d; });
}
void q4_1(const uint8_t* block, float* y) {
  const float d = half(block), m = half(block + 2);
  halves(block + 4, y, [&](int code, int) { return real(code) * d + m; });
}
// The fifth bits lie together.
int fifth(uint32_t bits, int i) { return static_cast<int>((bits >> i) & 1U) << 4; }
void q5_0(const uint8_t* block, float* y) {
  const float d = half(block);
  const auto bits = loaded<uint32_t>(block + 2);
  halves(block + 6, y, [&](int code, int i) { return real((code | fifth(bits, i)) - 16) * d; });
}
void q5_1(const uint8_t* block, float* y) {
  const float d = half(block), m = half(block + 2);
  const auto bits = loaded<uint32_t>(block + 4);
  halves(block + 8, y, [&](int code, int i) { return real(code | fifth(bits, i)) * d + m; });
}
void q8_0(const uint8_t* block, float* y) {
  const float d = half(block);
  for (int i = 0; i < kSmall; ++i) y[i] = real(static_cast<int8_t>(block[2 + i])) * d;
}
void iq4_nl(const uint8_t* block, float* y) {
  const float d = half(block);
  halves(block + 2, y, [&](int code, int) { return d * real(kNonLinear[code]); });
}
// The scale is a power of two, halved since the table is doubled; the smallest two are subnormal.
void mxfp4(const uint8_t* block, float* y) {
  const uint32_t e = block[0];
  const auto d = std::bit_cast<float>(e < 2 ? 0x00200000U << e : (e - 1) << 23);
  halves(block + 1, y, [&](int code, int) { return real(kDoubledE2m1[code]) * d; });
}

// Two halves of 128 elements, each of 4 x 2 groups of 16 with a scale: which byte of codes, which bits of it.
template <class Value>
void groups_of_16(const uint8_t* codes, float* y, Value value) {
  for (int group = 0; group < kSuper / 16; ++group) {
    const int part = group / 8, quarter = group % 8 / 2, side = group % 2;
    for (int i = 0; i < 16; ++i) {
      const int place = side * 16 + i;  // of 32 bytes
      *y++ = value(group, two_bits(codes[part * 32 + place], 2 * quarter), place, part * 4 + quarter);
    }
  }
}

void q2_k(const uint8_t* block, float* y) {
  const float d = half(block + 80), min = half(block + 82);
  groups_of_16(block + 16, y, [&](int group, int code, int, int) {
    const float dl = d * real(low(block[group])), ml = min * real(high(block[group]));
    return dl * real(code) - ml;
  });
}

// 16 scales of six bits in 12 bytes: four bits each in the first eight, two each in the others.
int scale_of_16(const uint8_t* scales, int i) {
  const int four = i < 8 ? low(scales[i]) : high(scales[i - 8]);
  return (four | two_bits(scales[8 + i % 4], 2 * (i / 4)) << 4) - 32;
}

void q3_k(const uint8_t* block, float* y) {
  const uint8_t* third = block;  // bits, by their place and then by the eighth of the block
  const float d = half(block + 108);
  groups_of_16(block + 32, y, [&](int group, int code, int place, int eighth) {
    const float dl = d * real(scale_of_16(block + 96, group));
    return dl * real(code - ((third[place] >> eighth & 1) != 0 ? 0 : 4));
  });
}

// Eight scales and eight minima of six bits in 12 bytes.
struct ScaleAndMin {
  float scale, min;
};
ScaleAndMin scale_and_min(const uint8_t* s, int i) {
  if (i < 4) return {real(s[i] & 63), real(s[i + 4] & 63)};
  return {real(low(s[i + 4]) | s[i - 4] >> 6 << 4), real(high(s[i + 4]) | s[i] >> 6 << 4)};
}

// Four parts of 64: the low halves of 32 bytes, then the high ones.
template <class Value>
void parts_of_64(const uint8_t* block, const uint8_t* codes, float* y, Value value) {
  const float d = half(block), min = half(block + 2);
  for (int group = 0; group < kSuper / 32; ++group) {
    const auto found = scale_and_min(block + 4, group);
    const float d1 = d * found.scale, m1 = min * found.min;
    for (int i = 0; i < 32; ++i) {
      const uint8_t byte = codes[group / 2 * 32 + i];
      *y++ = d1 * real(value(group % 2 == 0 ? low(byte) : high(byte), group, i)) - m1;
    }
  }
}

void q4_k(const uint8_t* block, float* y) {
  parts_of_64(block, block + 16, y, [](int code, int, int) { return code; });
}
void q5_k(const uint8_t* block, float* y) {
  parts_of_64(block, block + 48, y, [&](int code, int group, int i) {
    return code + ((block[16 + i] >> group & 1) != 0 ? 16 : 0);
  });
}

void q6_k(const uint8_t* block, float* y) {
  const uint8_t *lower = block, *upper = block + 128, *scales = block + 192;
  const float d = half(block + 208);
  for (int i = 0; i < kSuper; ++i) {
    const int part = i / 128, quarter = i % 128 / 32, place = i % 32;
    const uint8_t byte = lower[part * 64 + quarter % 2 * 32 + place];
    const int four = quarter < 2 ? low(byte) : high(byte);
    const int code = (four | two_bits(upper[part * 32 + place], 2 * quarter) << 4) - 32;
    y[i] = d * real(static_cast<int8_t>(scales[i / 16])) * real(code);
  }
}

void iq4_xs(const uint8_t* block, float* y) {
  const float d = half(block);
  const int upper = loaded<uint16_t>(block + 2);
  for (int group = 0; group < kSuper / 32; ++group) {
    const uint8_t both = block[4 + group / 2];
    const int scale = (group % 2 == 0 ? low(both) : high(both)) | (upper >> 2 * group & 3) << 4;
    const float dl = d * real(scale - 32);
    halves(block + 8 + group * 16, y + group * 32,
           [&](int code, int) { return dl * real(kNonLinear[code]); });
  }
}

// One loop a type, so that its arithmetic is inlined.
template <auto one, uint32_t elements, uint32_t bytes>
constexpr BlockType of(uint32_t number, std::string_view name) {
  return {number, name, elements, bytes, [](const uint8_t* block, size_t count, float* y) {
            for (size_t i = 0; i < count; ++i) one(block + i * bytes, y + i * elements);
          }};
}

constexpr BlockType kTypes[] = {of<f32, 1, 4>(0, "F32"),          of<f16, 1, 2>(1, "F16"),
                                of<q4_0, 32, 18>(2, "Q4_0"),      of<q4_1, 32, 20>(3, "Q4_1"),
                                of<q5_0, 32, 22>(6, "Q5_0"),      of<q5_1, 32, 24>(7, "Q5_1"),
                                of<q8_0, 32, 34>(8, "Q8_0"),      of<q2_k, 256, 84>(10, "Q2_K"),
                                of<q3_k, 256, 110>(11, "Q3_K"),   of<q4_k, 256, 144>(12, "Q4_K"),
                                of<q5_k, 256, 176>(13, "Q5_K"),   of<q6_k, 256, 210>(14, "Q6_K"),
                                of<iq4_nl, 32, 18>(20, "IQ4_NL"), of<iq4_xs, 256, 136>(23, "IQ4_XS"),
                                of<bf16, 1, 2>(30, "BF16"),       of<mxfp4, 32, 17>(39, "MXFP4")};

constexpr std::pair<uint32_t, std::string_view> kNotRead[] = {
    {9, "Q8_1"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"},
    {19, "IQ1_S"}, {21, "IQ3_S"}, {22, "IQ2_S"},   {24, "I8"},     {25, "I16"},
    {26, "I32"},   {27, "I64"},   {28, "F64"},     {29, "IQ1_M"},  {34, "TQ1_0"},
    {35, "TQ2_0"}, {40, "NVFP4"}, {41, "Q1_0"},    {42, "Q2_0"},   {43, "F8_E4M3"}};

}  // namespace

const BlockType* block_type(uint32_t number) {
  const auto* found = std::ranges::find(kTypes, number, &BlockType::number);
  return found == std::end(kTypes) ? nullptr : found;
}

std::string_view type_name(uint32_t number) {
  if (const BlockType* known = block_type(number)) return known->name;
  for (const auto& [other, name] : kNotRead)
    if (other == number) return name;
  return "";
}

void widen_blocks(const BlockType& type, std::span<const std::byte> blocks, std::span<float> result) {
  const size_t count = blocks.size() / type.bytes;
  ASSAY_CHECK(count * type.bytes == blocks.size() && count * type.elements == result.size(),
              "{} bytes of {} for {} elements", blocks.size(), type.name, result.size());
  type.widen(reinterpret_cast<const uint8_t*>(blocks.data()), count, result.data());
}

}  // namespace assay::gguf
