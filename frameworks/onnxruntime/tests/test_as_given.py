"""The user's own file: with a size left open, with an input that the graph has not, and of another type than the graph is computed in."""

import numpy
import onnx
import pytest
from assay_runner import Graph, Load, Node, Unsupported, Value
from onnx import TensorProto, helper
from onnxruntime_runner import OnnxRuntimeRunner


def file_of(folder, kind=TensorProto.FLOAT):
    """y = x * rate, x of any length."""
    info = lambda name, shape: helper.make_tensor_value_info(name, kind, shape)  # noqa: E731
    graph = helper.make_graph([helper.make_node("Mul", ["x", "rate"], ["y"])], "g", [info("x", ["n"]), info("rate", [])], [info("y", ["n"])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), folder / "own.onnx")
    return folder / "own.onnx"


def request(folder, path, **changes):
    """The graph has three elements, and the rate as a constant."""
    values = {"x": Value("x", "F32", (3,), "input"), "y": Value("y", "F32", (3,), "computed")}
    given = dict(graph=Graph("g", values, [Node("y", "Mul", ("x", "rate"), ("y",), {})], ["y"]), weights={}, state={}, gradients=False, variant="as-given",
                 device="cpu", precision="f32", threads=1, cache=folder, graph_path=folder, weights_path=folder, onnx_path=None, original_path=path,
                 fixed={"rate": numpy.array(2, numpy.float32)})
    return Load(**(given | changes))


def test_it_runs_as_it_stands(tmp_path):
    runner = OnnxRuntimeRunner()
    runner.load(request(tmp_path, file_of(tmp_path)))
    for x in ([1, 2, 3], [4, 5, 6]):
        runner.step(runner.prepare({"x": numpy.array(x, numpy.float32)}))
        numpy.testing.assert_array_equal(runner.outputs()["y"], 2 * numpy.array(x, numpy.float32))


def test_another_type_is_another_precision(tmp_path):
    with pytest.raises(Unsupported, match="float16") as refusal:
        OnnxRuntimeRunner().load(request(tmp_path, file_of(tmp_path, TensorProto.FLOAT16)))
    assert refusal.value.reason == "precision"


def test_without_a_file_there_is_nothing_to_run(tmp_path):
    with pytest.raises(ValueError, match="no file"):
        OnnxRuntimeRunner().load(request(tmp_path, None))
