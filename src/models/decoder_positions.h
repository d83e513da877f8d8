// What a decoder's graph says of positions: the rotary tables of its tokens, and masks of what they see.
// Private to decoder.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/decoder.h"
#include "models/layers.h"

namespace assay::models {

class DecoderPositions {
 public:
  // Of the tokens of `span`; with `room`, of one token of each sequence, wherever it lies, behind a past that
  // has room for so many: then the graph gets the input `position` [batch, 1], how many lie before it.
  DecoderPositions(Layers& layers, const DecoderConfig& config, const Span& span,
                   std::optional<int64_t> room);

  struct Tables {
    ValueId cos;  // [batch, count, size / 2]
    ValueId sin;
  };
  [[nodiscard]] const Tables& tables(int rope) const { return tables_[static_cast<size_t>(rope)]; }

  // What each new token sees of `kept` past ones and of the new ones, through a window unless that is 0.
  ValueId mask(int64_t window, int64_t kept);

 private:
  ValueId table(const Rope& rope, const std::string& name, RopePart part);
  ValueId seen_mask(int64_t window);
  ValueId window_mask(int64_t window, int64_t kept);

  Layers& b_;
  const DecoderConfig& c_;
  Span span_;
  std::optional<int64_t> room_;
  ValueId position_ = graph::kAbsent;
  std::vector<Tables> tables_;
  std::map<int64_t, ValueId> seen_;  // masks of a past with room, by window
};

}  // namespace assay::models
