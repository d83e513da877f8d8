// Operators that repeat, rearrange or blank out parts of a tensor, and GridSample.
#include "operators.h"

namespace openvino_runner {
namespace {

Outputs tile(Emitter& emitter, const Node& node) {
  return {make<op::Tile>(emitter.input(node, 0), integers(constant_integers(emitter.value(node, 1))))};
}

Outputs depth_to_space(Emitter& emitter, const Node& node) {
  using Mode = op::DepthToSpace::DepthToSpaceMode;
  const Mode mode = node.text("mode", "DCR") == "CRD" ? Mode::DEPTH_FIRST : Mode::BLOCKS_FIRST;
  return {make<op::DepthToSpace>(emitter.input(node, 0), mode,
                                 static_cast<size_t>(node.integer("blocksize", 1)))};
}

Outputs space_to_depth(Emitter& emitter, const Node& node) {
  return {make<op::SpaceToDepth>(emitter.input(node, 0), op::SpaceToDepth::SpaceToDepthMode::BLOCKS_FIRST,
                                 static_cast<size_t>(node.integer("blocksize", 1)))};
}

// What is kept, as a constant: the upper triangle from diagonal k on, or the lower one up to it.
Outputs trilu(Emitter& emitter, const Node& node) {
  const Shape& shape = emitter.shape(node, 0);
  const int64_t height = shape[shape.size() - 2], width = shape.back();
  const int64_t k = node.input(1) == kAbsent ? 0 : constant_integers(emitter.value(node, 1)).front();
  const bool upper = node.integer("upper", 1) != 0;
  std::vector<char> kept;
  for (int64_t row = 0; row < height; ++row)
    for (int64_t column = 0; column < width; ++column)
      kept.push_back(upper ? column >= row + k : column <= row + k);
  const Output x = emitter.input(node, 0);
  const Output mask = make<op::Constant>(
      ov::element::boolean, ov::Shape{static_cast<size_t>(height), static_cast<size_t>(width)}, kept);
  if (x.get_element_type() == ov::element::boolean) return {make<op::LogicalAnd>(x, mask)};
  return {make<op::Select>(mask, x, scalar(0, x))};
}

Outputs reverse_sequence(Emitter& emitter, const Node& node) {
  return {make<op::ReverseSequence>(emitter.input(node, 0), emitter.input(node, 1),
                                    node.integer("batch_axis", 1), node.integer("time_axis", 0))};
}

Outputs grid_sample(Emitter& emitter, const Node& node) {
  using Kind = op::GridSample;
  const std::string mode = node.text("mode", "linear"), beyond = node.text("padding_mode", "zeros");
  Kind::Attributes attributes;
  attributes.align_corners = node.integer("align_corners", 0) != 0;
  if (mode == "nearest") attributes.mode = Kind::InterpolationMode::NEAREST;
  if (mode == "cubic") attributes.mode = Kind::InterpolationMode::BICUBIC;
  if (beyond == "border") attributes.padding_mode = Kind::PaddingMode::BORDER;
  if (beyond == "reflection") attributes.padding_mode = Kind::PaddingMode::REFLECTION;
  return {make<Kind>(emitter.input(node, 0), emitter.input(node, 1), attributes)};
}

}  // namespace

std::vector<Operator> block_operators() {
  return {
      {"DepthToSpace", depth_to_space},
      {"GridSample", grid_sample},
      {"ReverseSequence", reverse_sequence},
      {"SpaceToDepth", space_to_depth},
      {"Tile", tile},
      {"Trilu", trilu},
  };
}

}  // namespace openvino_runner
