// The keys and values of one cell, from the tensors in which libllama keeps them. Its saved form has them
// too, but is made by a request for every element of a value, since values lie transposed: for one token of
// SmolLM2 5,760 requests, each of which waits for the GPU. The way to the tensors is no public interface
// (llama-kv-cache.h of the pinned source).
#pragma once

#include <ggml-cpp.h>
#include <llama.h>

#include <optional>
#include <span>
#include <vector>

#include "cache_image.h"

namespace llama_runner {

class CacheRows {
 public:
  // Of one sequence of the batch, each of which has a cache of its own. Nothing when it is not of the kind
  // and form that is known here.
  [[nodiscard]] static std::optional<CacheRows> of(llama_context* context, const CacheShape& shape,
                                                   size_t sequence);

  // One cell of a layer, heads one after the other; each waits for the device.
  void key(size_t layer, size_t cell, std::span<float> row) const;
  void value(size_t layer, size_t cell, std::span<float> row) const;

 private:
  CacheRows() = default;

  ggml_context_ptr views_;
  std::vector<ggml_tensor*> keys_, values_;  // [size, heads, cells] and [cells, heads, size], of each layer
};

}  // namespace llama_runner
