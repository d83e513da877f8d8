// The element types of GGUF's tensors, as float32. A quantised tensor lies in blocks of so many elements: one
// or more scales and small integers. What they stand for is defined by the order of float32 operations in the
// dequantize_row functions of the format's own library; the same bits come out here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::gguf {

struct BlockType {
  uint32_t number;  // in files
  std::string_view name;
  uint32_t elements;  // of a block; 1 for types that are not quantised
  uint32_t bytes;     // of a block
  void (*widen)(const uint8_t* blocks, size_t count, float* elements);
};

// Null for a type that is not read here.
[[nodiscard]] const BlockType* block_type(uint32_t number);

// What is known by that number, read here or not ("IQ2_XXS"); else "type 99" has no name: empty.
[[nodiscard]] std::string_view type_name(uint32_t number);

// Whole blocks, one after the other. `result` has as many elements as they hold.
void widen_blocks(const BlockType& type, std::span<const std::byte> blocks, std::span<float> result);

}  // namespace assay::gguf
