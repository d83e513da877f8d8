// The same bits as the format's own library makes of the same blocks: sums that were taken from it, which its
// framework's tests (test_gguf_types.py) hold to it.
#include "gguf/blocks.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

namespace assay::gguf {
namespace {

constexpr size_t kBlocks = 16;

struct KnownSum {
  const char* name;
  uint64_t sum;
  std::vector<size_t> halves;  // where in a block a half lies that must be a number
};

const KnownSum kSums[] = {{"Q4_0", 270839212416000U, {0}},      {"Q4_1", 291300631934960U, {0, 2}},
                          {"Q5_0", 282169560721408U, {0}},      {"Q5_1", 323719714055837U, {0, 2}},
                          {"Q8_0", 273514529190720U, {0}},      {"Q2_K", 14085899655275812U, {80, 82}},
                          {"Q3_K", 16601319342897664U, {108}},  {"Q4_K", 22140589117399810U, {0, 2}},
                          {"Q5_K", 19056743707542181U, {0, 2}}, {"Q6_K", 18046485671471014U, {208}},
                          {"IQ4_NL", 281474197771520U, {0}},    {"IQ4_XS", 17805626190422214U, {0}},
                          {"MXFP4", 182093569064960U, {}},      {"F16", 220760154112U, {0}},
                          {"BF16", 172648366080U, {0}}};

const BlockType& type_of(std::string_view name) {
  for (uint32_t number = 0; number < 64; ++number)
    if (const BlockType* type = block_type(number); type != nullptr && type->name == name) return *type;
  ADD_FAILURE() << name;
  return *block_type(0);
}

// Bytes of a linear congruential generator, the scales made numbers.
std::vector<std::byte> drawn(const BlockType& type, const std::vector<size_t>& halves) {
  std::vector<std::byte> result(kBlocks * type.bytes);
  uint64_t state = 0;
  for (std::byte& byte : result) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::byte>(state >> 56);
  }
  for (size_t block = 0; block < kBlocks; ++block) {
    for (const size_t half : halves) result[block * type.bytes + half + 1] &= std::byte{0xBF};
    std::byte& first = result[block * type.bytes];
    if (type.name == "MXFP4") first = static_cast<std::byte>(static_cast<unsigned>(first) % 140);
  }
  return result;
}

std::vector<float> widened(const BlockType& type, const std::vector<std::byte>& blocks) {
  std::vector<float> result(blocks.size() / type.bytes * type.elements);
  widen_blocks(type, blocks, result);
  return result;
}

TEST(Blocks, GiveTheSameBitsAsTheFormatsLibrary) {
  for (const auto& [name, expected, halves] : kSums) {
    const BlockType& type = type_of(name);
    uint64_t sum = 0, place = 0;
    for (const float value : widened(type, drawn(type, halves)))
      sum += ++place * std::bit_cast<uint32_t>(value);
    EXPECT_EQ(sum, expected) << name;
  }
}

// By hand: a scale of 0.5 and the codes 0 to 15, whose zero is 8.
TEST(Blocks, OfQ4_0ByHand) {
  std::vector<std::byte> block(18, std::byte{0});
  block[1] = std::byte{0x38};
  for (size_t i = 0; i < 16; ++i) block[2 + i] = static_cast<std::byte>(i | (15 - i) << 4);
  const auto values = widened(type_of("Q4_0"), block);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(values[i], (static_cast<float>(i) - 8) / 2);
    EXPECT_EQ(values[16 + i], (7 - static_cast<float>(i)) / 2);
  }
}

// Every half there is: subnormal, infinite and no number, too.
TEST(Blocks, HalvesAreWidenedExactly) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const std::vector<std::byte> half = {static_cast<std::byte>(bits), static_cast<std::byte>(bits >> 8)};
    const float value = widened(type_of("F16"), half).front();
    const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
    EXPECT_EQ(std::signbit(value), bits >> 15 == 1) << bits;
    if (exponent == 31) {
      EXPECT_EQ(std::isinf(value), fraction == 0) << bits;
      EXPECT_EQ(std::isnan(value), fraction != 0) << bits;
    } else {
      const double magnitude =
          std::ldexp(exponent == 0 ? fraction : fraction + 1024, std::max(exponent, 1) - 25);
      EXPECT_EQ(std::abs(static_cast<double>(value)), magnitude) << bits;
    }
  }
}

TEST(Blocks, OfATypeThatIsNotReadThereIsTheName) {
  EXPECT_EQ(block_type(16), nullptr);
  EXPECT_EQ(type_name(16), "IQ2_XXS");
  EXPECT_EQ(type_name(12), "Q4_K");
  EXPECT_EQ(type_name(4000), "");
}

}  // namespace
}  // namespace assay::gguf
