// The messages of an ONNX model as values of a graph: the way back of model_proto.h. Only import.cc and its
// parts include the generated header.
#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/shapes.h"

namespace onnx {
class NodeProto;
class TensorProto;
class ValueInfoProto;
}  // namespace onnx

namespace assay::onnx {

// A node's name, or where it has none that of its first output.
[[nodiscard]] std::string name_of(const ::onnx::NodeProto& node);

// Fails (data) naming the value: a type that the graph has none of, a dimension that is no number.
[[nodiscard]] Result<graph::TypedShape> type_of(const ::onnx::ValueInfoProto& value);

// Whether the tensor's bytes lie in another file.
[[nodiscard]] bool is_external(const ::onnx::TensorProto& tensor);
// A copy of what is inside of the file. Fails (data) naming the tensor: a type that the graph has none of,
// another number of bytes than its shape says.
[[nodiscard]] Result<tensor::Tensor> tensor_of(const ::onnx::TensorProto& tensor);

// Fails (data) naming node and attribute where one is a tensor, a graph or a list of other things than
// integers.
[[nodiscard]] Result<graph::Attributes> attributes_of(const ::onnx::NodeProto& node);

}  // namespace assay::onnx
