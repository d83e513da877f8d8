// Mistakes where a graph goes to whole numbers, as quantised files do.
#include <algorithm>

#include "mutants/changes.h"

namespace assay::mutants {
namespace {

using graph::Tensor;

bool rounds(const graph::Node& node) { return node.op == "Round"; }

ValueId number(Draft& draft, const std::string& name, float value) {
  return draft.copy.constant(draft.named(name), Tensor::of<float>({}, {value}));
}

}  // namespace

bool halves_up(Draft& draft) {
  if (!rounds(draft.node)) return false;
  const ValueId half = number(draft, "half", 0.5F);
  draft.inputs[0] = draft.copy.op(draft.named("above"), "Add", {draft.inputs[0], half});
  draft.op = "Floor";
  return true;
}

bool one_quantum_more(Draft& draft) {
  if (!rounds(draft.node)) return false;
  draft.after = [&copy = draft.copy, one = number(draft, "one", 1)](ValueId whole, const std::string& name) {
    return copy.op(name, "Add", {whole, one});
  };
  return true;
}

bool saturation_missing(Draft& draft) {
  if (draft.node.op != "Clip") return false;
  const bool quantises = std::ranges::any_of(draft.source.nodes(), [&](const graph::Node& node) {
    return rounds(node) && node.outputs[0] == draft.node.inputs[0];
  });
  if (!quantises) return false;
  draft.op = "Identity";
  draft.inputs.resize(1);
  return true;
}

}  // namespace assay::mutants
