"""A mask with one row for all queries: the standard spreads it, the runtime does not."""

import numpy
import onnx
from assay_runner import Graph, Load, Node, Value
from onnx import TensorProto, helper
from onnxruntime_runner import OnnxRuntimeRunner

SHAPES = {"q": (1, 2, 3, 4), "k": (1, 2, 5, 4), "v": (1, 2, 5, 4), "mask": (1, 1, 1, 5), "y": (1, 2, 3, 4)}


def test_it_hides_for_every_query(tmp_path):
    info = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in SHAPES.items()}
    node = helper.make_node("Attention", ["q", "k", "v", "mask"], ["y"], name="y")
    graph = helper.make_graph([node], "g", [info[name] for name in "qkv"] + [info["mask"]], [info["y"]])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10), tmp_path / "model.onnx")
    values = {name: Value(name, "F32", shape, "computed" if name == "y" else "input") for name, shape in SHAPES.items()}
    runner = OnnxRuntimeRunner()
    runner.load(Load(graph=Graph("g", values, [Node("y", "Attention", ("q", "k", "v", "mask"), ("y",), {})], ["y"]), weights={}, state={}, gradients=False,
                     variant="default", device="cpu", precision="f32", threads=1, cache=tmp_path, graph_path=tmp_path, weights_path=tmp_path,
                     onnx_path=tmp_path / "model.onnx"))
    random = numpy.random.default_rng(0)
    inputs = {name: random.standard_normal(SHAPES[name]).astype(numpy.float32) for name in "qkv"} | {"mask": numpy.array([0, 0, -1e9, 0, -1e9], numpy.float32).reshape(1, 1, 1, 5)}
    runner.step(runner.prepare(inputs))
    scores = inputs["q"] @ inputs["k"].swapaxes(2, 3) / 2 + inputs["mask"]
    weights = numpy.exp(scores - scores.max(-1, keepdims=True))
    expected = weights / weights.sum(-1, keepdims=True) @ inputs["v"]
    numpy.testing.assert_allclose(runner.outputs()["y"], expected, rtol=1e-5, atol=1e-6)
