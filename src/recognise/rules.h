// The patterns, one kind a file. Each looks back from the last node of a pattern.
#pragma once

#include "recognise/emitter.h"
#include "recognise/view.h"

namespace assay::recognise {

// Puts an operator in the place of `root` when the pattern ends there; false where it does not. An error is
// the same as false: a node that would not be valid is not put in.
using Rule = Result<bool> (*)(const View& view, const Node& root, Emitter& to);

Result<bool> linear(const View& view, const Node& root, Emitter& to);
Result<bool> layer_normalization(const View& view, const Node& root, Emitter& to);
Result<bool> rms_normalization(const View& view, const Node& root, Emitter& to);
Result<bool> gelu(const View& view, const Node& root, Emitter& to);
Result<bool> swish(const View& view, const Node& root, Emitter& to);
Result<bool> rotary_embedding(const View& view, const Node& root, Emitter& to);
Result<bool> attention(const View& view, const Node& root, Emitter& to);

}  // namespace assay::recognise
