// Which keys a query sees: ggml adds a mask of 0 and -inf, or any numbers, to the scores. Masks that are
// known before a step are made once; that of the filled places of a cache is written in each step.
#pragma once

#include <optional>
#include <string>

#include "emitter.h"
#include "graph/attention.h"

namespace ggml_runner {

// Why the mask of an Attention node cannot be one of ggml; empty when it can, or there is none.
[[nodiscard]] std::string refuse_mask(const Graph& graph, const Node& node,
                                      const assay::graph::AttentionSizes& sizes);

// [keys, queries, 1 or heads, 1 or batch] in ggml's order, float32; null where every query sees every key.
[[nodiscard]] ggml_tensor* mask_of(Emitter& emitter, const Node& node,
                                   const assay::graph::AttentionSizes& sizes);

// Whether there may be a query that sees no key.
[[nodiscard]] bool may_blind(const Graph& graph, const Node& node, const assay::graph::AttentionSizes& sizes);

// A mask of the filled places of a past, perhaps through a window, and the new token.
struct Filled {
  ValueId position;    // the input that says how many are filled
  int64_t window = 0;  // how many tokens are seen, the new one among them; 0: all
};
[[nodiscard]] std::optional<Filled> filled_places(const Graph& graph, const Node& node);

// Whether a value is only a step on the way to such a mask, so that nothing has to be computed for it.
[[nodiscard]] bool is_part_of_a_mask(const Graph& graph, ValueId id);

}  // namespace ggml_runner
