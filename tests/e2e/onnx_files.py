"""ONNX files as exporters and as attackers write them, small."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def weights(*shape, seed=0, dtype=numpy.float32):
    return (numpy.random.default_rng(seed).standard_normal(shape) / max(shape[0], 1) ** 0.5).astype(dtype)


def model(nodes, inputs, outputs, initializers=None, opset=17, functions=(), ir=8, **more):
    """inputs and outputs: {name: (type, dimensions)}; initializers: {name: array}."""
    infos = [[helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in values.items()] for values in (inputs, outputs)]
    tensors = [numpy_helper.from_array(array, name) for name, array in (initializers or {}).items()]
    graph = helper.make_graph(nodes, "graph", *infos, tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *more.get("opsets", ())], functions=list(functions))
    made.ir_version = ir
    return made


def write(path, made, **options):
    onnx.save(made, path, **options)
    return path


def encoder(opset=17):
    """A block of an encoder as exporters take it apart: embedding, attention with a mask, LayerNorm, GELU; batch and sequence open."""
    scale, nodes = 0.5, []

    def add(op, *inputs, **attributes):
        output = attributes.pop("name", f"{op}_{len(nodes)}")
        nodes.append(helper.make_node(op, list(inputs), [output], name=f"node_{output}", **attributes))
        return output

    def heads(matrix, perm):
        return add("Transpose", add("Reshape", add("Add", add("MatMul", "x", matrix), f"{matrix}.bias"), add("Concat", "batch", "length", "two", "four", axis=0)), perm=perm)

    add("Gather", "table", "input_ids", name="x")
    shape = add("Shape", "input_ids")
    add("Unsqueeze", add("Gather", shape, "zero", axis=0), "axis", name="batch")
    add("Unsqueeze", add("Gather", shape, "one", axis=0), "axis", name="length")
    q, k, v = heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]), heads("v", [0, 2, 1, 3])
    mask = add("Mul", add("Sub", "1.0", add("Cast", add("Unsqueeze", "attention_mask", "axes"), to=FLOAT)), "lowest")
    scores = add("Add", add("Mul", add("MatMul", q, k), "scale"), mask)
    context = add("Reshape", add("Transpose", add("MatMul", add("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3]), add("Concat", "batch", "length", "eight", axis=0))
    x = add("Add", add("MatMul", context, "o"), "x")
    apart = add("Sub", x, add("ReduceMean", x, axes=[-1]))
    norm = add("Div", apart, add("Sqrt", add("Add", add("ReduceMean", add("Pow", apart, "2.0"), axes=[-1]), "epsilon")))
    x = add("Add", add("Mul", norm, "norm.weight"), "norm.bias")
    gelu = add("Mul", add("Mul", x, add("Add", add("Erf", add("Div", x, "root")), "1.0")), "0.5")
    nodes.append(helper.make_node("Add", [gelu, "norm.bias"], ["y"], name="last"))
    numbers = {"1.0": 1, "2.0": 2, "0.5": 0.5, "scale": scale, "lowest": -10000, "epsilon": 1e-5, "root": 2**0.5}
    integers = {"zero": 0, "one": 1, "axis": [0], "two": [2], "four": [4], "eight": [8], "axes": [1, 2]}
    arrays = {name: numpy.array(value, numpy.float32) for name, value in numbers.items()} | {name: numpy.array(value, numpy.int64) for name, value in integers.items()}
    arrays |= {name: weights(8, 8, seed=place) for place, name in enumerate("qkvo")} | {f"{name}.bias": weights(8, seed=9) for name in "qkv"}
    arrays |= {"table": weights(20, 8, seed=5), "norm.weight": weights(8, seed=6) + 1, "norm.bias": weights(8, seed=7)}
    ids = (INT64, ["batch", "sequence"])
    return model(nodes, {"input_ids": ids, "attention_mask": ids}, {"y": (FLOAT, ["batch", "sequence", 8])}, arrays, opset)


def relu(shape, outer=FLOAT, **more):
    """y = Relu(x)."""
    return model([helper.make_node("Relu", ["x"], ["y"], name="only")], {"x": (outer, shape)}, {"y": (outer, shape)}, **more)


def branches():
    """y = x * 2 where rate is 16000, else x * 3: as voice activity detectors do it."""
    def branch(name, number):
        made = [helper.make_node("Constant", [], [f"{name}_by"], value=numpy_helper.from_array(numpy.array(number, numpy.float32))),
                helper.make_node("Mul", ["x", f"{name}_by"], [f"{name}_y"])]
        return helper.make_graph(made, name, [], [helper.make_tensor_value_info(f"{name}_y", FLOAT, None)])

    nodes = [helper.make_node("Equal", ["rate", "wide"], ["is_wide"]),
             helper.make_node("If", ["is_wide"], ["y"], name="choice", then_branch=branch("a", 2), else_branch=branch("b", 3))]
    return model(nodes, {"x": (FLOAT, [2, 2]), "rate": (INT64, [])}, {"y": (FLOAT, [2, 2])}, {"wide": numpy.array(16000, numpy.int64)}, opset=16)


def nested(depth):
    """If in If in If: graphs inside of graphs, as bytes, since no library writes so many."""
    def field(number, payload):
        return bytes([number << 3 | 2]) + varint(len(payload)) + payload

    def varint(value):
        parts = []
        while value > 127:
            parts.append(value & 127 | 128)
            value >>= 7
        return bytes([*parts, value])

    graph = field(2, b"inner")
    for _ in range(depth):
        attribute = field(1, b"then_branch") + field(6, graph) + b"\xa0\x01\x05"
        node = field(1, b"c") + field(2, b"o") + field(4, b"If") + field(5, attribute)
        graph = field(1, node) + field(2, b"g")
    return b"\x08\x08" + field(7, graph) + field(8, b"\x10\x11")
