"""What a file computes in integers of 16 bits and fewer (QuantizeLinear, DequantizeLinear and those that take and give such integers) becomes the same computation
in float32, on whole numbers: each operator as the standard defines it, half-way values to the even number and saturation included. Dequantised constants are constants,
so that a product with quantised weights is a product with a weight."""

from dataclasses import dataclass, field

import narrow
import numpy as np
import onnx
from definitions import HANDLERS
from onnx import helper, numpy_helper
from refused import Refused, called
from rewriting import Rewriting

FLOAT, INT32 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32


@dataclass
class Found:
    types: list[str] = field(default_factory=list)  # by name
    long_sums: bool = False  # a sum of products can be so large that float32 rounds it
    ranges: list[dict] = field(default_factory=list)  # of inputs in such types: "name", "least", "most"


def to_float32(model):
    """Changes the model, of which every dimension is known. Returns what was found."""
    if not _has_any(model.graph):
        return Found()
    types, shapes = _inferred(model)
    found = sorted({narrow.name_of(kind) for kind in types.values() if kind in narrow.RANGES})
    work = Rewriting(model.graph, types, shapes)
    ranges = _take_inputs(model.graph, work)
    for node in model.graph.node:
        _rewrite(node, work)
    del model.graph.node[:]
    model.graph.node.extend(work.nodes)
    _widen_constants(model.graph, work)
    for value in model.graph.output:
        if value.type.tensor_type.elem_type in narrow.RANGES:
            value.type.tensor_type.elem_type = FLOAT
    del model.graph.value_info[:]
    return Found(found, work.long_sums, ranges)


def _has_any(graph):
    """Whether the graph has such integers at all: each comes from an input, a constant, or one of these operators."""
    given = [tensor.data_type for tensor in graph.initializer] + [value.type.tensor_type.elem_type for value in graph.input]
    cast = [attribute.i for node in graph.node if node.op_type == "Cast" for attribute in node.attribute if attribute.name == "to"]
    return any(kind in narrow.RANGES for kind in given + cast) or any(node.op_type in HANDLERS and node.op_type != "Cast" for node in graph.node)


def _inferred(model):
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.value_info, *graph.input, *graph.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    shapes = {value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim] for value in values if value.type.tensor_type.HasField("shape")}
    types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    shapes |= {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    return types, shapes


def _take_inputs(graph, work):
    """Inputs of such a type are given as int32. Returns what each may be."""
    ranges = []
    for value in graph.input:
        kind = value.type.tensor_type.elem_type
        if kind in narrow.RANGES:
            value.type.tensor_type.elem_type = INT32
            held = work.put("Cast", [value.name], f"{value.name}/float32", to=FLOAT)
            work.renamed[value.name], work.types[held], work.shapes[held] = held, kind, work.shapes[value.name]
            ranges.append({"name": value.name, "least": narrow.RANGES[kind][0], "most": narrow.RANGES[kind][1]})
    return ranges


def _rewrite(node, work):
    node.input[:] = [work.renamed.get(name, name) for name in node.input]
    handler = HANDLERS.get(node.op_type)
    if handler is not None:
        try:
            handler(node, work)
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:  # the checker does not look at types and shapes
            raise Refused(f"{called(node)}: its inputs do not fit each other ({type(error).__name__}: {error})") from error
        return
    touched = [name for name in [*node.input, *node.output] if work.types.get(name) in narrow.RANGES]
    if touched and not narrow.hands_on(node):
        raise Refused(f"{called(node)}: it computes in {narrow.name_of(work.types[touched[0]])}, where numbers wrap around, which is not done here; "
                      "dequantise before it")
    work.nodes.append(node)


def _widen_constants(graph, work):
    for tensor in graph.initializer:
        if tensor.data_type in narrow.RANGES:
            tensor.CopyFrom(numpy_helper.from_array(narrow.array_of(tensor).astype(np.float32), tensor.name))
    graph.initializer.extend(work.made)
