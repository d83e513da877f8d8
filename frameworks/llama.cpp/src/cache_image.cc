#include "cache_image.h"

#include <ggml.h>

#include <cstring>

namespace llama_runner {
namespace {

constexpr size_t kBlockHeader = sizeof(int32_t) + sizeof(uint64_t);

size_t block_bytes(const CacheShape& shape) {
  return kBlockHeader + shape.cells * shape.row() * sizeof(float);
}

}  // namespace

CacheImage::CacheImage(std::vector<uint8_t> bytes, const CacheShape& shape)
    : bytes_(std::move(bytes)), shape_(shape) {}

std::optional<CacheImage> CacheImage::of(std::vector<uint8_t> bytes, const CacheShape& shape) {
  if (bytes.size() < 2 * shape.layers * block_bytes(shape) + shape.later * sizeof(uint32_t))
    return std::nullopt;
  CacheImage image(std::move(bytes), shape);
  if (!image.sound()) return std::nullopt;
  return image;
}

size_t CacheImage::block_start(size_t block) const {
  return bytes_.size() - shape_.later * sizeof(uint32_t) - (2 * shape_.layers - block) * block_bytes(shape_);
}

bool CacheImage::sound() const {
  for (size_t block = 0; block < 2 * shape_.layers; ++block) {
    int32_t type = 0;
    uint64_t key_row_bytes = 0;
    uint32_t value_header[2] = {};
    const uint8_t* header = bytes_.data() + block_start(block);
    std::memcpy(&type, header, sizeof type);
    std::memcpy(&key_row_bytes, header + sizeof type, sizeof key_row_bytes);
    std::memcpy(value_header, header + sizeof type, sizeof value_header);
    const bool fits = block < shape_.layers
                          ? key_row_bytes == shape_.row() * sizeof(float)
                          : value_header[0] == sizeof(float) && value_header[1] == shape_.row();
    if (type != GGML_TYPE_F32 || !fits) return false;
  }
  return true;
}

// What lies before the blocks is in units of four bytes, which is a float's alignment.
float* CacheImage::data(size_t block) {
  return reinterpret_cast<float*>(bytes_.data() + block_start(block) + kBlockHeader);
}

std::span<float> CacheImage::key(size_t layer, size_t cell) {
  return {data(layer) + cell * shape_.row(), shape_.row()};
}

float& CacheImage::value(size_t layer, size_t cell, size_t element) {
  return data(shape_.layers + layer)[element * shape_.cells + cell];
}

void to_neighbours(std::span<const float> halves, std::span<float> neighbours, size_t head_size) {
  for (size_t i = 0; i < halves.size(); ++i) {
    const size_t head = i - i % head_size, place = i % head_size;
    neighbours[i] = halves[head + place / 2 + (place % 2) * (head_size / 2)];
  }
}

void to_halves(std::span<const float> neighbours, std::span<float> halves, size_t head_size) {
  for (size_t i = 0; i < neighbours.size(); ++i) {
    const size_t head = i - i % head_size, place = i % head_size;
    halves[head + place / 2 + (place % 2) * (head_size / 2)] = neighbours[i];
  }
}

}  // namespace llama_runner
