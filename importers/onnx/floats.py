"""All that is computed in float16, bfloat16 or float64 becomes float32, the type that contestants are asked to compute in. The first two
fit into it exactly; float64 is rounded."""

import onnx
from onnx import helper, numpy_helper

OTHERS = (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE)
FLOAT = onnx.TensorProto.FLOAT


def to_float32(model):
    """Changes the model; returns the names of the types that were there."""
    found = set()
    for place, tensor in enumerate(model.graph.initializer):
        if tensor.data_type in OTHERS:
            found.add(tensor.data_type)
            array = numpy_helper.to_array(tensor)
            model.graph.initializer[place].CopyFrom(numpy_helper.from_array(array.astype("float32"), tensor.name))
    for value in [*model.graph.input, *model.graph.output]:
        _change(value.type.tensor_type, "elem_type", found)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("to", "dtype", "output_datatype", "stash_type", "softmax_precision"):
                _change(attribute, "i", found)
            elif attribute.HasField("t") and attribute.t.data_type in OTHERS:
                found.add(attribute.t.data_type)
                attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t).astype("float32"), attribute.t.name))
    _drop_casts(model.graph)
    return sorted(helper.tensor_dtype_to_np_dtype(kind).name for kind in found)


def _change(holder, field, found):
    if getattr(holder, field) in OTHERS:
        found.add(getattr(holder, field))
        setattr(holder, field, FLOAT)


def _drop_casts(graph):
    """Casts that now lead from float32 to float32."""
    del graph.value_info[:]
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
    inferred = onnx.shape_inference.infer_shapes(model).graph
    types = {value.name: value.type.tensor_type.elem_type for value in [*inferred.value_info, *graph.input]}
    types.update((tensor.name, tensor.data_type) for tensor in graph.initializer)
    for node in graph.node:
        if node.op_type == "Cast" and types.get(node.input[0]) == FLOAT and node.attribute[0].i == FLOAT:
            node.op_type = "Identity"
            del node.attribute[:]
