"""Quantised ONNX files as quantisers write them, small: two layers with a residual, activations and weights in 8 bits."""

import numpy
from onnx import TensorProto, helper
from onnx_files import FLOAT, model, weights

WIDTH = 32


def in_eight_bits(array):
    """(integers, scales) of a matrix, for each of its columns."""
    scales = (numpy.abs(array).max(axis=0) / 127).astype(numpy.float32)
    return numpy.rint(array / scales).astype(numpy.int8), scales


def number(value, dtype=numpy.float32):
    return numpy.array(value, dtype)


def qdq(kind=FLOAT, rows=16):
    """QuantizeLinear and DequantizeLinear around every product, as a static quantiser puts them."""
    nodes, arrays = [], {"zero": number(0, numpy.int8), "point": number(3, numpy.uint8), "scale": number(0.03)}

    def add(op, *inputs, output=None, **attributes):
        output = output or f"{op}_{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [output], name=f"node_{output}", **attributes))
        return output

    def layer(value, name):
        arrays[f"{name}.integers"], arrays[f"{name}.scales"] = in_eight_bits(weights(WIDTH, WIDTH, seed=len(arrays)))
        arrays[f"{name}.zeros"], arrays[f"{name}.bias.scales"] = numpy.zeros(WIDTH, numpy.int8), arrays["scale"] * arrays[f"{name}.scales"]
        arrays[f"{name}.bias"] = numpy.rint(weights(WIDTH, seed=9) / arrays[f"{name}.bias.scales"]).astype(numpy.int32)
        held = add("DequantizeLinear", add("QuantizeLinear", value, "scale", "point"), "scale", "point")
        weight = add("DequantizeLinear", f"{name}.integers", f"{name}.scales", f"{name}.zeros", axis=1)
        return add("Add", add("MatMul", held, weight), add("DequantizeLinear", f"{name}.bias", f"{name}.bias.scales", axis=0))

    given = add("DequantizeLinear", "x", "scale", "point") if kind == TensorProto.UINT8 else "x"
    first = add("Relu", layer(given, "first"))
    add("Add", layer(first, "second"), given, output="y")
    return model(nodes, {"x": (kind, [rows, WIDTH])}, {"y": (FLOAT, [rows, WIDTH])}, arrays, opset=17)


def dynamic(rows=16):
    """DynamicQuantizeLinear and MatMulInteger, as a dynamic quantiser puts them."""
    integers, scales = in_eight_bits(weights(WIDTH, WIDTH))
    nodes = [helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]), helper.make_node("MatMulInteger", ["q", "w", "z"], ["i"]),
             helper.make_node("Cast", ["i"], ["f"], to=FLOAT), helper.make_node("Mul", ["s", "scales"], ["by"]), helper.make_node("Mul", ["f", "by"], ["y"])]
    return model(nodes, {"x": (FLOAT, [rows, WIDTH])}, {"y": (FLOAT, [rows, WIDTH])}, {"w": integers, "scales": scales}, opset=17)
