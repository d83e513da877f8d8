"""The operators that take or give quantised integers, by their definitions in the standard, in operators on float32."""

import narrow
import numpy as np
import onnx
import products
from onnx import helper
from operands import Granularity, given, less_zero, number, rounded
from refused import Refused, called

FLOAT, INT32, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32, onnx.TensorProto.UINT8


def quantize_linear(node, work):
    kind = work.types.get(given(node, 2), 0) or number(node, "output_dtype", 0) or UINT8
    granularity = _granularity(node, work)
    scale = granularity.value(node.input[1], "scale")
    steps = work.put("Div", [work.float_of(node.input[0], node), scale], f"{node.output[0]}/steps")
    rounded(node, work, steps, given(node, 2), kind, granularity)


def dequantize_linear(node, work):
    granularity, zero = _granularity(node, work), given(node, 2)
    held, scale = work.array(node.input[0]), granularity.array(node.input[1], "scale")
    if held is not None and scale is not None:
        kind = helper.tensor_dtype_to_np_dtype(number(node, "output_dtype", 0) or work.types[node.input[1]])
        less = held if not zero else held - granularity.array(zero, "zero_point")
        work.becomes_constant(node, (less.astype(np.float32) * scale).astype(kind))
        return
    whole = less_zero(node, work, node.input[0], zero, granularity)
    work.finish(node, "Mul", [whole, granularity.value(node.input[1], "scale")])


def dynamic_quantize_linear(node, work):
    """The scale is that of the values' own range, which has zero in it; of nothing but zeros it is any other number."""
    x, (y, scale, zero) = node.input[0], (*node.output, "", "")[:3]
    zeros, most, tiny = work.number(0), work.number(255), work.number(3e-36)
    low = work.put("Min", [work.put("ReduceMin", [x], f"{y}/min", keepdims=0), zeros], f"{y}/low")
    high = work.put("Max", [work.put("ReduceMax", [x], f"{y}/max", keepdims=0), zeros], f"{y}/high")
    span = work.put("Max", [work.put("Sub", [high, low], f"{y}/span"), tiny], f"{y}/span")
    work.nodes.append(helper.make_node("Div", [span, most], [scale], name=scale))
    below = work.put("Neg", [work.put("Div", [low, scale], f"{y}/below")], f"{y}/below")
    work.nodes.append(helper.make_node("Round", [work.put("Clip", [below, zeros, most], f"{y}/start")], [zero], name=zero))
    steps = work.put("Round", [work.put("Div", [x, scale], f"{y}/steps")], f"{y}/rounded")
    work.finish(node, "Clip", [work.put("Add", [steps, zero], f"{y}/moved"), zeros, most])


def cast(node, work):
    """Between whole numbers that float32 holds nothing is to be done; a float becomes an integer as for any other integer, towards zero."""
    source, to = work.types.get(node.input[0]), number(node, "to", FLOAT)
    if node.input[0] in work.whole and _is_float(to):
        work.finish(node, "Identity", [work.whole[node.input[0]]])
    elif source in narrow.RANGES and to in narrow.RANGES and not _holds(to, source):
        raise Refused(f"{called(node)}: {narrow.name_of(source)} as {narrow.name_of(to)} wraps around, which is not done here")
    elif source in narrow.RANGES and (_is_float(to) or to in narrow.RANGES):
        work.finish(node, "Identity", [node.input[0]])
    elif to in narrow.RANGES and _is_float(source):
        work.finish(node, "Cast", [work.put("Cast", [node.input[0]], f"{node.output[0]}/int32", to=INT32)], to=FLOAT)
    elif to in narrow.RANGES:
        work.finish(node, "Cast", [node.input[0]], to=FLOAT)
    else:
        work.nodes.append(node)


def _granularity(node, work):
    return Granularity(node, work, work.shapes.get(node.input[0], []), number(node, "axis", 1), number(node, "block_size", 0))


def _is_float(kind):
    return kind in (FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE)


def _holds(wide, kind):
    (low, high), (least, most) = narrow.RANGES[wide], narrow.RANGES[kind]
    return low <= least and most <= high


HANDLERS = {"QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear, "DynamicQuantizeLinear": dynamic_quantize_linear, "Cast": cast,
            **products.HANDLERS}
