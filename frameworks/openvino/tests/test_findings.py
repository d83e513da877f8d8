"""Faults of OpenVINO's CPU plugin, each on OpenVINO alone; a test that fails says that OpenVINO has mended one (../../docs/findings.md), and
that the runner may do without its way round it."""

import numpy
import openvino
import pytest
from openvino import opset15 as op

F32 = openvino.Type.f32


def computed(nodes, parameters, *arrays):
    model = openvino.Model([nodes], parameters)
    request = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return request.infer(list(arrays))[0].tolist()


def test_pad_takes_a_value_that_is_an_argument_for_zero():
    x, value = op.parameter([2], F32), op.parameter([], F32)
    before, after = (op.constant(numpy.array([count])) for count in (1, 0))
    arrays = numpy.array([1, 2], numpy.float32), numpy.array(1.5, numpy.float32)
    assert computed(op.pad(x, before, after, "constant", value), [x, value], *arrays) == [0, 1, 2]
    known = op.constant(numpy.float32(1.5))
    assert computed(op.pad(x, before, after, "constant", known), [x], arrays[0]) == [1.5, 1, 2]


@pytest.mark.parametrize(("reduce", "sign"), [(op.reduce_max, -1), (op.reduce_min, 1)], ids=["max", "min"])
def test_the_largest_of_minus_infinities_is_finite(reduce, sign):
    x = op.parameter([1, 2], F32)
    infinite = numpy.full((1, 2), sign * numpy.inf, numpy.float32)
    assert computed(reduce(x, op.constant(numpy.array([1])), True), [x], infinite) == [[sign * float(numpy.finfo(numpy.float32).max)]]


def test_long_integers_are_short():
    x = op.parameter([1], openvino.Type.i64)
    assert computed(op.add(x, op.constant(numpy.array([1]))), [x], numpy.array([2**31])) == [1 - 2**31]


def test_a_chain_of_scales_and_shifts_is_one_of_each_whatever_cancels():
    x, lowest = op.parameter([2], F32), float(numpy.finfo(numpy.float32).min)
    hidden = op.multiply(op.subtract(op.constant(numpy.float32([1, 1])), x), op.constant(numpy.float32([lowest, lowest])))
    bias = op.constant(numpy.float32([0.5, -2]))
    assert computed(op.add(bias, hidden), [x], numpy.float32([1, 1])) == [0, 0]  # and not the bias
