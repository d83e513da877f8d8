"""What ONNX Runtime gets wrong on processors (docs/findings.md): a test that turns red says that a newer version has mended it."""

import numpy
import onnxruntime
from onnx import TensorProto, helper


def sigmoid(x):
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape)  # noqa: E731
    graph = helper.make_graph([helper.make_node("Sigmoid", ["x"], ["y"])], "sigmoid", [info("x")], [info("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def test_small_probabilities_have_few_digits():
    """Right to 1e-7 of 1, whatever the value: the map of a text detector, all of it near 0, is `wrong` by it."""
    x = numpy.repeat(numpy.array([-2, -8, -12, -14, -20], numpy.float32), 16)
    error = sigmoid(x) * (1 + numpy.exp(-x.astype(float))) - 1
    assert abs(error[0]) < 1e-6 and 1e-4 < abs(error[16]) < 1e-3 and 1e-3 < abs(error[32]) < 2e-2 and 2e-2 < abs(error[48]), error
    assert (sigmoid(x)[64:] == 0).all()
