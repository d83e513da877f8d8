"""MatMulInteger, ConvInteger, QLinearMatMul and QLinearConv: products of whole numbers in float32, whose sums are exact below 2^24."""

import narrow
import numpy as np
import onnx
from onnx import helper
from operands import Granularity, given, less_zero, rounded

INT32 = onnx.TensorProto.INT32


def matmul_integer(node, work):
    _whole(node, work, _matmul(node, work, (0, 2), (1, 3)))


def conv_integer(node, work):
    _whole(node, work, _conv(node, work, (0, 2), (1, 3), []))


def qlinear_matmul(node, work):
    total = _matmul(node, work, (0, 2), (3, 5))
    shape = work.shape(node.output[0], node)
    _requantise(node, work, total, Granularity(node, work, shape, axis=-2), Granularity(node, work, shape, axis=-1))


def qlinear_conv(node, work):
    bias = [work.held(given(node, 8), node)] if given(node, 8) else []
    total = _conv(node, work, (0, 2), (3, 5), bias)
    channels = Granularity(node, work, work.shape(node.output[0], node), axis=1)
    _requantise(node, work, total, channels, channels)


HANDLERS = {"MatMulInteger": matmul_integer, "ConvInteger": conv_integer, "QLinearMatMul": qlinear_matmul, "QLinearConv": qlinear_conv}


def _matmul(node, work, left, right):
    """The product of two inputs, each given by its place and that of its zero point: one for each row of the left, one for each column of the right."""
    a = _centred(node, work, left, axis=-2)
    b = _centred(node, work, right, axis=-1)
    _watch(node, work, left, b, lambda weights: np.abs(weights).sum(axis=-2 if weights.ndim > 1 else -1))
    return work.put("MatMul", [a, b], f"{node.output[0]}/float32")


def _conv(node, work, left, right, bias):
    """Padding is with the zero point, so that zeros are padded once it is taken off."""
    x, w = _centred(node, work, left, axis=1), _centred(node, work, right, axis=0)
    _watch(node, work, left, w, lambda weights: np.abs(weights).sum(axis=tuple(range(1, weights.ndim))))
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return work.put("Conv", [x, w, *bias], f"{node.output[0]}/float32", **attributes)


def _centred(node, work, places, axis):
    name, zero = node.input[places[0]], given(node, places[1])
    return less_zero(node, work, name, zero, Granularity(node, work, work.shape(name, node), axis))


def _watch(node, work, left, right, sums):
    """Takes note when the sum of the largest products that there can be is not exact in float32."""
    low, high = narrow.RANGES[work.types[node.input[left[0]]]]
    zero = work.array(given(node, left[1])) if given(node, left[1]) else np.zeros(1)
    reach = high - low if zero is None or zero.size == 0 else max(high - int(zero.min()), int(zero.max()) - low)
    weights = work.array(right)
    if weights is None or reach * float(np.max(sums(weights.astype(np.float64)), initial=0)) > narrow.EXACT:
        work.long_sums = True


def _whole(node, work, total):
    """The sum as the int32 that it is; who wants it as a float gets it without that."""
    work.finish(node, "Cast", [total], to=INT32)
    work.whole[node.output[0]] = total


def _requantise(node, work, total, left, right):
    """Of QLinearMatMul and QLinearConv, whose further inputs lie at the same places."""
    _, a_scale, _, _, b_scale, _, y_scale, y_zero = node.input[:8]
    arrays = [left.array(a_scale, "a_scale"), right.array(b_scale, "b_scale"), left.array(y_scale, "y_scale")]
    if any(array is None for array in arrays):
        scale = work.put("Mul", [left.value(a_scale, "a_scale"), right.value(b_scale, "b_scale")], f"{node.output[0]}/scales")
        scale = work.put("Div", [scale, left.value(y_scale, "y_scale")], f"{node.output[0]}/scale")
    else:
        a, b, y = (array.astype(np.float32) for array in arrays)
        scale = work.constant(a * b / y, f"{node.output[0]}/scale")
    steps = work.put("Mul", [total, scale], f"{node.output[0]}/steps")
    rounded(node, work, steps, y_zero, work.types[y_zero] if y_zero else work.types[node.input[0]], left)
