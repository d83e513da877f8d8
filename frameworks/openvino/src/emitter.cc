#include "emitter.h"

namespace openvino_runner {

ov::element::Type element_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return ov::element::f32;
    case DType::f64:
      return ov::element::f64;
    case DType::f16:
      return ov::element::f16;
    case DType::bf16:
      return ov::element::bf16;
    case DType::i64:
      return ov::element::i64;
    case DType::i32:
      return ov::element::i32;
    case DType::boolean:
      return ov::element::boolean;
  }
  return ov::element::dynamic;
}

ov::Shape shape_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

ov::Tensor in_place(const Tensor& tensor) {
  return {element_type(tensor.dtype()), shape_of(tensor.shape()),
          const_cast<std::byte*>(tensor.bytes().data())};
}

Output Emitter::by_head(ValueId id, int64_t heads) const {
  if (const Output& kept = by_head_[static_cast<size_t>(id)]; kept.get_node()) return kept;
  const Shape& shape = graph_.value(id).shape;
  return transposed(reshaped(output(id), {shape[0], shape[1], heads, shape[2] / heads}), {0, 2, 1, 3});
}

Output Emitter::once(const std::string& name, const std::function<Output()>& make) {
  Output& found = shared_[name];
  if (!found.get_node()) found = make();
  return found;
}

Output integers(const std::vector<int64_t>& values) {
  return make<op::Constant>(ov::element::i64, ov::Shape{values.size()}, values);
}

Output integer(int64_t value) {
  return make<op::Constant>(ov::element::i64, ov::Shape{}, std::vector<int64_t>{value});
}

Output scalar(double value, const Output& like) {
  if (like.get_element_type() == ov::element::f32)  // where OpenVINO takes no infinity for a double
    return make<op::Constant>(ov::element::f32, ov::Shape{}, std::vector<float>{static_cast<float>(value)});
  return make<op::Constant>(like.get_element_type(), ov::Shape{}, std::vector<double>{value});
}

Output floats(const Shape& shape, const std::vector<float>& values) {
  return make<op::Constant>(ov::element::f32, shape_of(shape), values);
}

Output reshaped(const Output& x, const Shape& shape) {
  if (x.get_shape() == shape_of(shape)) return x;
  return make<op::Reshape>(x, integers(shape), false);
}

Output transposed(const Output& x, const std::vector<int64_t>& perm) {
  return make<op::Transpose>(x, integers(perm));
}

Output converted(const Output& x, const ov::element::Type& type) {
  return x.get_element_type() == type ? x : make<op::Convert>(x, type);
}

Output by_channel(const Output& x, size_t rank) {
  Shape shape(rank, 1);
  shape[1] = static_cast<int64_t>(ov::shape_size(x.get_shape()));
  return reshaped(x, shape);
}

Output rows(const Output& x, const std::vector<int64_t>& indices, size_t axis) {
  return make<op::Gather>(x, integers(indices), integer(static_cast<int64_t>(axis)));
}

std::vector<int64_t> constant_integers(const Value& value) {
  if (value.dtype == DType::i32) {
    const auto data = value.data.data<int32_t>();
    return {data.begin(), data.end()};
  }
  const auto data = value.data.data<int64_t>();
  return {data.begin(), data.end()};
}

}  // namespace openvino_runner
