#include "onnx/read_proto.h"

#include <onnx.pb.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "onnx/model_proto.h"

namespace assay::onnx {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;
using tensor::DType;
using tensor::Shape;

namespace {

constexpr size_t kMostText = 200;  // of a name from outside

std::optional<DType> dtype_of_onnx(int type) {
  for (const DType dtype :
       {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i64, DType::i32, DType::boolean})
    if (onnx_type(dtype) == type) return dtype;
  return std::nullopt;
}

// "UINT8".
std::string type_name(int type) {
  return TensorProto::DataType_IsValid(type)
             ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type))
             : fmt::format("number {}", type);
}

Result<DType> known_type(int type, std::string_view what, const std::string& name) {
  if (const auto dtype = dtype_of_onnx(type)) return *dtype;
  return fail(ErrorKind::data, "{} {} is of type {}, which is not computed here", what,
              one_line(name, kMostText), type_name(type));
}

// Bytes of so many elements; nothing where that is no size.
std::optional<size_t> bytes_of(const Shape& shape, DType dtype) {
  auto bytes = static_cast<int64_t>(tensor::dtype_size(dtype));
  for (const int64_t dimension : shape)
    if (dimension < 0 || __builtin_mul_overflow(bytes, dimension, &bytes)) return std::nullopt;
  return static_cast<size_t>(bytes);
}

std::optional<graph::Attribute> value_of(const AttributeProto& attribute) {
  switch (attribute.type()) {
    case AttributeProto::INT:
      return attribute.i();
    case AttributeProto::FLOAT:
      return static_cast<double>(attribute.f());
    case AttributeProto::STRING:
      return attribute.s();
    case AttributeProto::INTS:
      return std::vector<int64_t>(attribute.ints().begin(), attribute.ints().end());
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string name_of(const ::onnx::NodeProto& node) {
  if (!node.name().empty() || node.output().empty()) return node.name();
  return node.output(0);
}

Result<graph::TypedShape> type_of(const ::onnx::ValueInfoProto& value) {
  const auto& type = value.type().tensor_type();
  ASSAY_TRY(const DType dtype, known_type(type.elem_type(), "value", value.name()));
  Shape shape;
  for (const auto& dimension : type.shape().dim()) {
    if (!dimension.has_dim_value())
      return fail(ErrorKind::data, "value {}: dimension {} is no number", one_line(value.name(), kMostText),
                  shape.size());
    shape.push_back(dimension.dim_value());
  }
  return graph::TypedShape{dtype, std::move(shape)};
}

bool is_external(const TensorProto& tensor) { return tensor.data_location() == TensorProto::EXTERNAL; }

Result<tensor::Tensor> tensor_of(const TensorProto& source) {
  ASSAY_TRY(const DType dtype, known_type(source.data_type(), "tensor", source.name()));
  const Shape shape(source.dims().begin(), source.dims().end());
  const auto bytes = bytes_of(shape, dtype);
  if (!bytes || *bytes != source.raw_data().size())
    return fail(ErrorKind::data, "tensor {}: {} bytes for shape {}", one_line(source.name(), kMostText),
                source.raw_data().size(), tensor::to_string(shape));
  tensor::Tensor result(dtype, shape);
  std::ranges::copy(std::as_bytes(std::span(source.raw_data())), result.mutable_bytes().begin());
  return result;
}

Result<graph::Attributes> attributes_of(const ::onnx::NodeProto& node) {
  graph::Attributes attributes;
  for (const auto& attribute : node.attribute()) {
    auto value = value_of(attribute);
    if (!value)
      return fail(ErrorKind::data,
                  "node {} ({}): attribute {} is neither a number, a text nor a list of integers",
                  one_line(name_of(node), kMostText), one_line(node.op_type(), kMostText),
                  one_line(attribute.name(), kMostText));
    attributes[attribute.name()] = *std::move(value);
  }
  return attributes;
}

}  // namespace assay::onnx
