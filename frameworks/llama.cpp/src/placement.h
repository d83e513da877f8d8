// Where libllama has a model's operators computed. It may leave some to the CPU without a word; a contestant
// on a GPU whose layers the CPU computes would be measured under the wrong name.
#pragma once

#include <llama.h>

#include <optional>
#include <set>
#include <string>

namespace llama_runner {

// The operators of one decode of `batch` that leave their results in host memory, by ggml's names. They are
// computed once, in a context of their own with the same settings: one that is watched computes less at a
// time. Nothing of `model` changes. Nothing when the context could not be made or the decode failed.
[[nodiscard]] std::optional<std::set<std::string>> computed_on_host(llama_model* model,
                                                                    llama_context_params settings,
                                                                    llama_batch batch);

}  // namespace llama_runner
