// Which of the architectures that readers of GGUF know a decoder is: each has its own metadata, tensors and
// order of what is rotated, and none does more than it was made for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gguf/decoder.h"

namespace assay::gguf {

// Where an architecture takes the frequencies of rotary positions from.
enum class Frequencies : uint8_t {
  base,     // a base, multiplied up from pair to pair
  factors,  // a divisor for each pair, in rope_freqs
  contexts  // the same, once for short and once for long contexts
};

struct Architecture {
  std::string name;
  bool neighbours = false;  // turns neighbours, (0, 1), (2, 3), ..., and not halves
  Frequencies frequencies = Frequencies::base;
  // Which layers slide, where the architecture has such: those with a window, or where the graph is shorter
  // than any window those that turn by another base than the last.
  bool windows = false;
  std::vector<bool> sliding;
  bool head_always = false;  // a tied head is written once more
};

// Fails (data) when there is none; `name` is the model's, for the message.
[[nodiscard]] Result<Architecture> architecture_of(const Decoder& model, std::string_view name);

}  // namespace assay::gguf
