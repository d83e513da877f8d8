"""Attention of one token on a cache in place: the smallest graph, with heads that GroupQueryAttention rotates and with heads it refuses."""

import numpy
import onnx
import pytest
from assay_runner import Graph, Load, Node, Value
from onnx import TensorProto, helper
from onnxruntime_runner import OnnxRuntimeRunner
from rewrite import rewritten

PAST = 5


def value(name, shape, role, data=None):
    return Value(name, "F32", tuple(shape), role, data=data)


def files(folder, size):
    """Two heads of query, one of key and value, of `size`: (the graph, its ONNX file, states and inputs by name)."""
    random = numpy.random.default_rng(size)
    draw = lambda *shape: random.standard_normal(shape).astype(numpy.float32)  # noqa: E731
    angles = PAST * 0.3 ** numpy.arange(size // 2)
    tables = {"cos": numpy.cos(angles), "sin": numpy.sin(angles)}
    tables = {name: table.reshape(1, 1, -1).astype(numpy.float32) for name, table in tables.items()}
    states = {"past_k": draw(1, 1, PAST, size), "past_v": draw(1, 1, PAST, size)}
    inputs = {"q": draw(1, 1, 2 * size), "k": draw(1, 1, size), "v": draw(1, 1, size)}
    nodes = [
        ("RotaryEmbedding", ["q", "cos", "sin"], "q_rotated", {"num_heads": 2}),
        ("RotaryEmbedding", ["k", "cos", "sin"], "k_rotated", {"num_heads": 1}),
        ("Attention", ["q_rotated", "k_rotated", "v", "", "past_k", "past_v"], "y", {"q_num_heads": 2, "kv_num_heads": 1, "is_causal": 1}),
    ]
    values = [value(name, array.shape, role) for role, group in (("input", inputs), ("state", states)) for name, array in group.items()]
    values += [value(name, array.shape, "constant", array) for name, array in tables.items()]
    values += [value(name, inputs[like].shape, "computed") for name, like in (("q_rotated", "q"), ("k_rotated", "k"), ("y", "q"))]
    graph = Graph("test", {one.name: one for one in values}, [Node(y, op, tuple(x), (y,), settings) for op, x, y, settings in nodes], ["y"])
    presents = lambda op: ["present_k", "present_v"] if op == "Attention" else []  # noqa: E731  (with a past it asks for them)
    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node(op, x, [y, *presents(op)], name=y, **settings) for op, x, y, settings in nodes], "test",
            [tensor(name, array.shape) for name, array in (inputs | states).items()], [tensor("y", inputs["q"].shape)],
            [onnx.numpy_helper.from_array(array, name) for name, array in tables.items()],
            value_info=[tensor("q_rotated", inputs["q"].shape), tensor("k_rotated", inputs["k"].shape)],
        ),
        opset_imports=[helper.make_opsetid("", 23)], ir_version=10,
    )
    onnx.save(model, folder / "model.onnx")
    return graph, states, inputs, angles


def attention(states, inputs, angles, size):
    """The graph in float64."""

    def rotated(x, heads):
        first, second = numpy.split(x.astype(float).reshape(heads, size), 2, axis=1)
        return numpy.concatenate((first * numpy.cos(angles) - second * numpy.sin(angles),
                                  second * numpy.cos(angles) + first * numpy.sin(angles)), 1)

    keys = numpy.concatenate((states["past_k"][0, 0], rotated(inputs["k"], 1)))
    values = numpy.concatenate((states["past_v"][0, 0], inputs["v"].reshape(1, size)))
    scores = rotated(inputs["q"], 2) @ keys.T / numpy.sqrt(size)
    weights = numpy.exp(scores - scores.max(1, keepdims=True))
    return (weights / weights.sum(1, keepdims=True) @ values).reshape(1, 1, -1)


@pytest.mark.parametrize("size, fused", [(8, False), (16, True), (24, False), (32, True)])
def test_heads_that_the_operator_refuses_keep_the_standard_one(tmp_path, size, fused):
    """GroupQueryAttention rotates heads of a multiple of 16 only and fails with others, though no document says so."""
    graph, states, inputs, angles = files(tmp_path, size)
    found = [node.op_type for node in onnx.load_from_string(rewritten(tmp_path / "model.onnx", graph, variable_weights=False).bytes()).graph.node]
    assert ("GroupQueryAttention" in found) == fused and ("Attention" in found) != fused
    runner = OnnxRuntimeRunner()
    runner.load(Load(graph, {}, states, False, "default", device="cpu", precision="f32", threads=1, cache=tmp_path,
                     graph_path=tmp_path / "g", weights_path=tmp_path / "w", onnx_path=tmp_path / "model.onnx"))
    for _ in range(2):  # a row written in place is the same again
        runner.step(runner.prepare(inputs))
    numpy.testing.assert_allclose(runner.outputs()["y"], attention(states, inputs, angles, size), rtol=1e-5, atol=1e-6)
