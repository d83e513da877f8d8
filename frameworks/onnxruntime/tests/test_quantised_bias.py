"""A fault of ONNX Runtime with quantised files, on ONNX Runtime alone; when the test fails it has been mended (../../docs/findings.md)."""

import numpy
import onnxruntime
import pytest

pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


def test_a_bias_in_float32_becomes_an_integer():
    """y = dequantised(quantised(x W + b)) of x 2, W 1, b 0.4; scales are 1, of the result 0.25."""
    nodes = [("QuantizeLinear", "x one zero", "q"), ("DequantizeLinear", "q one zero", "d"), ("DequantizeLinear", "w one signed", "e"), ("Gemm", "d e b", "g"),
             ("QuantizeLinear", "g quarter zero", "h"), ("DequantizeLinear", "h quarter zero", "y")]
    arrays = {"one": numpy.float32(1), "quarter": numpy.float32(0.25), "zero": numpy.uint8(0), "signed": numpy.int8(0), "w": numpy.ones((1, 1), numpy.int8),
              "b": numpy.array([0.4], numpy.float32)}
    infos = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1])] for name in "xy"]
    graph = helper.make_graph([helper.make_node(op, inputs.split(), [output]) for op, inputs, output in nodes], "g", *infos,
                              [numpy_helper.from_array(numpy.asarray(array), name) for name, array in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()

    def computed(**options):
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"], **options)
        return session.run(None, {"x": numpy.array([[2]], numpy.float32)})[0].item()

    assert computed(disabled_optimizers=["WeightBiasQuantization"]) == 2.5
    assert computed() == 2
