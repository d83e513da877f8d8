"""Resize with aligned corners by scales that give no whole size: places as the standard has them, in both modes and along several axes."""

import numpy
import onnx
import onnxruntime
import pytest
from assay_runner import Graph, Node, Value
from onnx import TensorProto, helper
from rewrite import rewritten

SCALES = (1.0, 1.0, 0.6, 1.3, 0.45)
SHAPE = (1, 2, 7, 5, 9)


def session(folder, scales, **settings):
    """The rewritten model of one Resize, and its operands' names."""
    settings = {"coordinate_transformation_mode": "align_corners"} | settings
    scales = numpy.array(scales, numpy.float32)
    values = {"x": Value("x", "F32", SHAPE, "input"), "scales": Value("scales", "F32", (5,), "constant", data=scales)}
    graph = Graph("test", values, [Node("resize", "Resize", ("x", "", "scales"), ("y",), settings)], ["y"])
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    parts = helper.make_graph([helper.make_node("Resize", ["x", "", "scales"], ["y"], name="resize", **settings)], "test", [info("x", SHAPE)],
                              [info("y", None)], [onnx.numpy_helper.from_array(scales, "scales")])
    onnx.save(helper.make_model(parts, opset_imports=[helper.make_opsetid("", 23)], ir_version=10), folder / "model.onnx")
    program = rewritten(folder / "model.onnx", graph, variable_weights=False)
    return program, onnxruntime.InferenceSession(program.bytes(), providers=["CPUExecutionProvider"])


def places(size, scale):
    length = float(numpy.float32(scale)) * size
    return numpy.arange(int(length)) * (size - 1) / (length - 1)


def expected(x, mode):
    for axis, scale in enumerate(SCALES[2:], 2):
        at = places(x.shape[axis], scale)
        if mode == "nearest":
            x = x.take(numpy.floor(at).astype(int), axis)
        else:
            low = numpy.minimum(numpy.floor(at).astype(int), x.shape[axis] - 1)
            share = (at - low).reshape([-1 if axis == one else 1 for one in range(x.ndim)])
            x = x.take(low, axis) * (1 - share) + x.take(numpy.minimum(low + 1, x.shape[axis] - 1), axis) * share
    return x


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_places_are_the_standards(tmp_path, mode):
    x = numpy.random.default_rng(0).standard_normal(SHAPE).astype(numpy.float32)
    more = {"nearest_mode": "floor"} if mode == "nearest" else {}
    (y,) = session(tmp_path, SCALES, mode=mode, **more)[1].run(None, {"x": x})
    numpy.testing.assert_allclose(y, expected(x, mode), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scales, settings", [((1, 1, 2, 3, 1), {}), (SCALES, {"coordinate_transformation_mode": "asymmetric"})])
def test_what_the_runtime_computes_rightly_stays(tmp_path, scales, settings):
    program, _ = session(tmp_path, scales, mode="linear", **settings)
    assert list(program.nodes[0].input) == ["x", "", "scales"]
