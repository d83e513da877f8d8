// One node while it is traced: its operands, attributes and shapes.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "emitter.h"

namespace mlx_runner {

// MLX cannot do this node; the message says why.
class Cannot : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Call {
 public:
  Call(Emitter& emitter, const Node& node) : emitter_(emitter), node_(node) {}

  [[nodiscard]] const Graph& graph() const { return emitter_.graph(); }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Emitter& emitter() const { return emitter_; }

  [[nodiscard]] bool given(size_t i) const { return node_.input(i) != assay::graph::kAbsent; }
  [[nodiscard]] bool wanted(size_t i) const { return node_.output(i) != assay::graph::kAbsent; }

  // Input i in the graph's order.
  [[nodiscard]] array x(size_t i) const { return emitter_.value(node_.input(i)); }
  // Whether input i is kept with its channels last.
  [[nodiscard]] bool is_image(size_t i) const { return emitter_.operand(node_.input(i)).channels_last; }
  // Input i with its channels last, however it is kept.
  [[nodiscard]] array image(size_t i) const {
    const Operand& operand = emitter_.operand(node_.input(i));
    return operand.channels_last ? operand.data : channels_moved_last(operand.data);
  }

  [[nodiscard]] const Value& value(size_t i) const { return graph().value(node_.input(i)); }
  [[nodiscard]] const assay::tensor::Shape& shape(size_t i) const { return value(i).shape; }
  [[nodiscard]] int rank(size_t i) const { return static_cast<int>(shape(i).size()); }
  [[nodiscard]] bool is_floating(size_t i) const { return assay::tensor::is_floating(value(i).dtype); }
  [[nodiscard]] mx::Shape result_shape(size_t i = 0) const {
    return mlx_shape(graph().value(node_.output(i)).shape);
  }

  // The attribute `axis`, counted from the front among so many.
  [[nodiscard]] int axis(int64_t otherwise, int rank) const {
    const auto axis = static_cast<int>(node_.integer("axis", otherwise));
    return axis < 0 ? axis + rank : axis;
  }
  [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const {
    return node_.integer(name, otherwise ? 1 : 0) != 0;
  }
  // The elements of an integer constant.
  [[nodiscard]] std::vector<int64_t> integers(size_t i) const {
    const auto& data = value(i).data;
    if (data.dtype() == DType::i32) {
      const auto elements = data.data<int32_t>();
      return {elements.begin(), elements.end()};
    }
    const auto elements = data.data<int64_t>();
    return {elements.begin(), elements.end()};
  }

  void set(size_t i, array data) const {
    if (wanted(i)) emitter_.set(node_.outputs[i], {std::move(data), false});
  }
  void set_image(size_t i, array data) const {
    if (wanted(i)) emitter_.set(node_.outputs[i], {std::move(data), true});
  }

  [[noreturn]] static void refuse(const std::string& message) { throw Cannot(message); }

 private:
  Emitter& emitter_;
  const Node& node_;
};

// A number in the type of `like`.
template <class T>
[[nodiscard]] array number(T value, const array& like) {
  return array(value, like.dtype());
}

}  // namespace mlx_runner
