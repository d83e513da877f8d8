#include "cache_rows.h"

#include <llama-kv-cache.h>

#include <algorithm>

namespace llama_runner {
namespace {

bool fits(const ggml_tensor* keys, const ggml_tensor* values, const CacheShape& shape) {
  const auto is = [](int64_t size, size_t wanted) { return size == static_cast<int64_t>(wanted); };
  return keys->type == GGML_TYPE_F32 && values->type == GGML_TYPE_F32 && is(keys->ne[0], shape.head_size) &&
         is(keys->ne[1], shape.heads) && is(values->ne[2], shape.head_size) && is(values->ne[1], shape.heads);
}

}  // namespace

std::optional<CacheRows> CacheRows::of(llama_context* context, const CacheShape& shape, size_t sequence) {
  const auto* cache = dynamic_cast<const llama_kv_cache*>(llama_get_memory(context));
  if (!cache || cache->get_layer_ids().size() != shape.layers) return std::nullopt;
  CacheRows rows;
  rows.views_.reset(ggml_init({2 * shape.layers * ggml_tensor_overhead(), nullptr, true}));
  const auto stream = static_cast<uint32_t>(sequence);
  const llama_kv_cache::slot_info slots{
      .s0 = stream, .s1 = stream, .strm = {static_cast<llama_seq_id>(sequence)}, .idxs = {}};
  for (size_t layer = 0; layer < shape.layers; ++layer) {
    const auto number = static_cast<int32_t>(layer);
    rows.keys_.push_back(cache->get_k(rows.views_.get(), number, cache->get_size(), slots));
    rows.values_.push_back(cache->get_v(rows.views_.get(), number, cache->get_size(), slots));
    if (!fits(rows.keys_.back(), rows.values_.back(), shape)) return std::nullopt;
  }
  return rows;
}

void CacheRows::key(size_t layer, size_t cell, std::span<float> row) const {
  ggml_backend_tensor_get(keys_[layer], row.data(), cell * keys_[layer]->nb[2], row.size_bytes());
}

void CacheRows::value(size_t layer, size_t cell, std::span<float> row) const {
  const ggml_tensor* values = values_[layer];
  ggml_backend_tensor_get_2d(values, row.data(), cell * sizeof(float), sizeof(float), row.size(),
                             values->nb[2], sizeof(float));
}

}  // namespace llama_runner
