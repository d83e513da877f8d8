#include "onnx/model_proto.h"

#include <onnx.pb.h>

namespace assay::onnx {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;
using tensor::DType;

int onnx_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return TensorProto::FLOAT;
    case DType::f64:
      return TensorProto::DOUBLE;
    case DType::f16:
      return TensorProto::FLOAT16;
    case DType::bf16:
      return TensorProto::BFLOAT16;
    case DType::i64:
      return TensorProto::INT64;
    case DType::i32:
      return TensorProto::INT32;
    case DType::boolean:
      return TensorProto::BOOL;
  }
  return TensorProto::UNDEFINED;
}

namespace {

void start(const std::string& name, DType dtype, const tensor::Shape& shape, TensorProto* initializer) {
  initializer->set_name(name);
  initializer->set_data_type(onnx_type(dtype));
  for (const int64_t dimension : shape) initializer->add_dims(dimension);
}

void add_entry(TensorProto* initializer, const char* key, const std::string& value) {
  auto* entry = initializer->add_external_data();
  entry->set_key(key);
  entry->set_value(value);
}

struct AttributeSetter {
  AttributeProto* target;
  void operator()(int64_t value) const {
    target->set_type(AttributeProto::INT);
    target->set_i(value);
  }
  void operator()(double value) const {
    target->set_type(AttributeProto::FLOAT);
    target->set_f(static_cast<float>(value));
  }
  void operator()(const std::string& value) const {
    target->set_type(AttributeProto::STRING);
    target->set_s(value);
  }
  void operator()(const std::vector<int64_t>& value) const {
    target->set_type(AttributeProto::INTS);
    for (const int64_t entry : value) target->add_ints(entry);
  }
};

}  // namespace

void describe(const graph::Value& value, ::onnx::ValueInfoProto* info) {
  info->set_name(value.name);
  auto* type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx_type(value.dtype));
  auto* shape = type->mutable_shape();
  for (const int64_t dimension : value.shape) shape->add_dim()->set_dim_value(dimension);
}

void embed(const std::string& name, const tensor::Tensor& data, TensorProto* initializer) {
  start(name, data.dtype(), data.shape(), initializer);
  initializer->set_raw_data(data.bytes().data(), data.bytes().size());
}

Result<> refer(const graph::Value& parameter, const std::map<std::string, tensor::Extent>& extents,
               const std::filesystem::path& weights, TensorProto* initializer) {
  const auto found = extents.find(parameter.name);
  if (found == extents.end())
    return fail(ErrorKind::data, "{}: tensor {} is missing", weights.string(), parameter.name);
  const tensor::Extent& extent = found->second;
  if (extent.dtype != parameter.dtype || extent.shape != parameter.shape)
    return fail(ErrorKind::data, "{}: tensor {} is {} {}, the graph needs {} {}", weights.string(),
                parameter.name, tensor::dtype_name(extent.dtype), tensor::to_string(extent.shape),
                tensor::dtype_name(parameter.dtype), tensor::to_string(parameter.shape));
  start(parameter.name, parameter.dtype, parameter.shape, initializer);
  initializer->set_data_location(TensorProto::EXTERNAL);
  add_entry(initializer, "location", weights.filename().string());
  add_entry(initializer, "offset", fmt::format("{}", extent.offset));
  add_entry(initializer, "length", fmt::format("{}", extent.bytes));
  return {};
}

void set_attribute(const std::string& name, const graph::Attribute& value, ::onnx::NodeProto* node) {
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  std::visit(AttributeSetter{attribute}, value);
}

}  // namespace assay::onnx
