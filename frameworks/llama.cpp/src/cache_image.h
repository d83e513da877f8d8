// The saved form of llama.cpp's key and value cache for one sequence, as llama_state_seq_get_data gives it:
// the only door of libllama to what the cache holds. At its end, but for an empty count (uint32) for each
// later sequence of the batch, lie, for each layer, the keys of all cells, then for each layer the values,
// transposed, as they are without flash attention. A block of keys is the element type (int32), the bytes of
// a cell's row (uint64), and the rows; one of values is the type, the bytes of an element and the number of
// rows (uint32 each), and the rows, each with one element of every cell.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace llama_runner {

struct CacheShape {
  size_t layers = 0, cells = 0, heads = 0, head_size = 0;
  size_t later = 0;                                               // sequences of the batch after this one
  [[nodiscard]] size_t row() const { return heads * head_size; }  // floats
};

class CacheImage {
 public:
  // Nothing when the bytes do not end as described: another type, another form of this version's cache.
  [[nodiscard]] static std::optional<CacheImage> of(std::vector<uint8_t> bytes, const CacheShape& shape);

  // One cell's keys of a layer, heads one after the other.
  [[nodiscard]] std::span<float> key(size_t layer, size_t cell);
  // One of its values.
  [[nodiscard]] float& value(size_t layer, size_t cell, size_t element);
  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  CacheImage(std::vector<uint8_t> bytes, const CacheShape& shape);
  [[nodiscard]] size_t block_start(size_t block) const;
  [[nodiscard]] float* data(size_t block);
  [[nodiscard]] bool sound() const;

  std::vector<uint8_t> bytes_;
  CacheShape shape_;
};

// Between halves, as our graphs rotate, and neighbours, as llama.cpp does, for one row of keys.
void to_neighbours(std::span<const float> halves, std::span<float> neighbours, size_t head_size);
void to_halves(std::span<const float> neighbours, std::span<float> halves, size_t head_size);

}  // namespace llama_runner
