// Elements and rows by index, and the updates that are their gradients. ONNX counts a negative index from the
// end; of OpenVINO's operators only Gather and ScatterElementsUpdate do.
#include "operators.h"

namespace openvino_runner {
namespace {

// `lengths` broadcasts to the indices.
Output counted(const Output& indices, const Output& lengths) {
  const Output negative = make<op::Less>(indices, scalar(0, indices));
  return make<op::Select>(negative, make<op::Add>(indices, lengths), indices);
}

Outputs gather(Emitter& emitter, const Node& node) {
  const size_t axis = from_the_front(node.integer("axis", 0), emitter.shape(node, 0).size());
  return {
      make<op::Gather>(emitter.input(node, 0), emitter.input(node, 1), integer(static_cast<int64_t>(axis)))};
}

Outputs gather_elements(Emitter& emitter, const Node& node) {
  const size_t axis = from_the_front(node.integer("axis", 0), emitter.shape(node, 0).size());
  const Output indices = emitter.input(node, 1);
  const auto length = static_cast<double>(emitter.shape(node, 0)[axis]);
  return {make<op::GatherElements>(emitter.input(node, 0), counted(indices, scalar(length, indices)),
                                   static_cast<int64_t>(axis))};
}

// The indices' last dimension addresses so many dimensions of the data, from the one at `first`.
Output coordinates(Emitter& emitter, const Node& node, size_t first) {
  const Output indices = emitter.input(node, 1);
  const Shape& shape = emitter.shape(node, 0);
  const auto depth = static_cast<size_t>(emitter.shape(node, 1).back());
  const std::vector<int64_t> lengths(shape.begin() + static_cast<std::ptrdiff_t>(first),
                                     shape.begin() + static_cast<std::ptrdiff_t>(first + depth));
  return counted(indices, make<op::Constant>(indices.get_element_type(), ov::Shape{depth}, lengths));
}

Outputs gather_nd(Emitter& emitter, const Node& node) {
  const auto batch = static_cast<size_t>(node.integer("batch_dims", 0));
  return {make<op::GatherND>(emitter.input(node, 0), coordinates(emitter, node, batch), batch)};
}

template <class Kind>
typename Kind::Reduction reduction_of(const Node& node) {
  const std::string name = node.text("reduction", "none");
  if (name == "add") return Kind::Reduction::SUM;
  if (name == "mul") return Kind::Reduction::PROD;
  if (name == "max") return Kind::Reduction::MAX;
  if (name == "min") return Kind::Reduction::MIN;
  return Kind::Reduction::NONE;
}

Outputs scatter_elements(Emitter& emitter, const Node& node) {
  using Kind = op::ScatterElementsUpdate;
  return {make<Kind>(emitter.input(node, 0), emitter.input(node, 1), emitter.input(node, 2),
                     integer(node.integer("axis", 0)), reduction_of<Kind>(node))};
}

Outputs scatter_nd(Emitter& emitter, const Node& node) {
  using Kind = op::ScatterNDUpdate;
  return {make<Kind>(emitter.input(node, 0), coordinates(emitter, node, 0), emitter.input(node, 2),
                     reduction_of<Kind>(node))};
}

Outputs one_hot(Emitter& emitter, const Node& node) {
  const Value& depth = emitter.value(node, 1);
  const int64_t classes = constant_integers(depth).front();
  const Output indices = converted(emitter.input(node, 0), ov::element::i64);
  const size_t axis = from_the_front(node.integer("axis", -1), emitter.shape(node, 0).size() + 1);
  const auto value = [&](int64_t place) { return reshaped(rows(emitter.input(node, 2), {place}, 0), {}); };
  return {make<op::OneHot>(counted(indices, integer(classes)), integer(classes), value(1), value(0),
                           static_cast<int64_t>(axis))};
}

}  // namespace

std::vector<Operator> indexing_operators() {
  return {
      {"Gather", gather},  {"GatherElements", gather_elements},   {"GatherND", gather_nd},
      {"OneHot", one_hot}, {"ScatterElements", scatter_elements}, {"ScatterND", scatter_nd},
  };
}

}  // namespace openvino_runner
