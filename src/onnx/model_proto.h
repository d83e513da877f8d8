// Values of a graph as the messages of an ONNX model. Only export.cc and its parts include the generated
// header; here the messages are declared.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "graph/graph.h"
#include "tensor/safetensors.h"

namespace onnx {
class GraphProto;
class NodeProto;
class TensorProto;
class ValueInfoProto;
}  // namespace onnx

namespace assay::onnx {

// TensorProto.DataType of an element type.
[[nodiscard]] int onnx_type(tensor::DType dtype);

// Name, element type and shape.
void describe(const graph::Value& value, ::onnx::ValueInfoProto* info);

// The tensor's bytes, inside the model.
void embed(const std::string& name, const tensor::Tensor& data, ::onnx::TensorProto* initializer);

// Where the parameter's bytes lie in the file named `location` beside the model. Fails (data) when the file
// does not hold it as the graph wants it.
[[nodiscard]] Result<> refer(const graph::Value& parameter,
                             const std::map<std::string, tensor::Extent>& extents,
                             const std::filesystem::path& weights, ::onnx::TensorProto* initializer);

// One attribute. Reals are float32 in ONNX and are rounded.
void set_attribute(const std::string& name, const graph::Attribute& value, ::onnx::NodeProto* node);

}  // namespace assay::onnx
