"""Each definition at its edges: half-way values, saturation, zero points of every kind, constants that are folded; and what is refused."""

import functools

import numpy
import onnx
import onnx_files
import pytest
from onnx import TensorProto, helper
from refused import Refused
from rewritten import computed, rewritten, same

model = functools.partial(onnx_files.model, opset=21)
FLOAT, INT8, UINT8, INT32 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32
# Half-way values of scale 0.5 to both sides, what saturates, and what does not.
EDGES = numpy.array([-1e6, -65, -64.25, -0.75, -0.25, 0, 0.25, 0.75, 1.25, 1.3, 63.25, 63.75, 64, 127.5, 128, 1e6], numpy.float32)


def number(value, dtype=numpy.float32):
    return numpy.array(value, dtype)


def quantising(zero, shape=(16,), scale=0.5, **attributes):
    """y = QuantizeLinear(x), with that zero point as a constant."""
    kind = helper.np_dtype_to_tensor_dtype(zero.dtype)
    return model([helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], name="q", **attributes)], {"x": (FLOAT, shape)}, {"y": (kind, shape)},
                 {"s": number(scale), "z": zero})


def operators(made):
    return [node.op_type for node in made.graph.node]


@pytest.mark.parametrize("zero", [number(0, numpy.int8), number(3, numpy.int8), number(-128, numpy.int8), number(0, numpy.uint8), number(129, numpy.uint8),
                                  number(7, numpy.int16), number(9, numpy.uint16)], ids=lambda zero: f"{zero.dtype}-{zero}")
def test_half_way_values_go_to_the_even_number_and_the_ends_hold(zero):
    made = quantising(zero)
    given = {"x": EDGES}
    after, found, _ = rewritten(made)
    same(computed(after, given), computed(made, given))
    assert found == [zero.dtype.name]
    bounds = numpy.iinfo(zero.dtype)
    assert computed(after, given)[0].min() == bounds.min and computed(after, given)[0].max() == bounds.max or zero.dtype.itemsize == 2


def test_what_is_dequantised_at_once_has_no_zero_point_added():
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])]
    made = model(nodes, {"x": (FLOAT, [16])}, {"y": (FLOAT, [16])}, {"s": number(0.5), "z": number(100, numpy.uint8)})
    after, _, _ = rewritten(made)
    same(computed(after, {"x": EDGES}), computed(made, {"x": EDGES}))
    read = {name for node in after.graph.node for name in node.input}
    assert [node.op_type for node in after.graph.node if set(node.output) & (read | {"y"})] == ["Div", "Round", "Clip", "Mul"]


def test_another_zero_point_is_taken_off_as_what_it_is():
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s", "other"], ["y"])]
    made = model(nodes, {"x": (FLOAT, [16])}, {"y": (FLOAT, [16])}, {"s": number(0.5), "z": number(100, numpy.uint8), "other": number(90, numpy.uint8)})
    same(computed(rewritten(made)[0], {"x": EDGES}), computed(made, {"x": EDGES}))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_scales_and_zero_points_along_an_axis(axis):
    length = [2, 3, 4][axis]
    scales, zeros = numpy.linspace(0.1, 2, length, dtype=numpy.float32), numpy.arange(length, dtype=numpy.int8)
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=axis), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=axis)]
    made = model(nodes, {"x": (FLOAT, [2, 3, 4])}, {"y": (FLOAT, [2, 3, 4])}, {"s": scales, "z": zeros})
    given = {"x": numpy.linspace(-150, 150, 24, dtype=numpy.float32).reshape(2, 3, 4)}
    same(computed(rewritten(made)[0], given), computed(made, given))


def test_dequantised_weights_are_a_constant_in_the_type_of_their_scale():
    weights, scales = numpy.arange(-8, 8, dtype=numpy.int8).reshape(4, 4), numpy.array([0.1, 0.2, 0.3, 0.4], numpy.float16)
    made = model([helper.make_node("DequantizeLinear", ["w", "s"], ["f"], axis=0), helper.make_node("Cast", ["f"], ["g"], to=FLOAT), helper.make_node("MatMul", ["x", "g"], ["y"])],
                 {"x": (FLOAT, [2, 4])}, {"y": (FLOAT, [2, 4])}, {"w": weights, "s": scales})
    after, _, _ = rewritten(made)
    (kept,) = [tensor for tensor in after.graph.initializer if tensor.name == "f"]
    numpy.testing.assert_array_equal(onnx.numpy_helper.to_array(kept), (weights * scales[:, None]).astype(numpy.float16).astype(numpy.float32))


def test_dequantised_weights_with_a_zero_point():
    made = model([helper.make_node("DequantizeLinear", ["w", "s", "z"], ["f"], axis=1), helper.make_node("MatMul", ["x", "f"], ["y"])], {"x": (FLOAT, [2, 4])}, {"y": (FLOAT, [2, 3])},
                 {"w": numpy.arange(12, dtype=numpy.uint8).reshape(4, 3), "s": numpy.array([0.1, 0.2, 0.3], numpy.float32), "z": numpy.array([1, 2, 255], numpy.uint8)})
    given = {"x": numpy.ones((2, 4), numpy.float32)}
    same(computed(rewritten(made)[0], given), computed(made, given), rtol=1e-6)


def test_weights_of_four_bits_in_blocks():
    weights, scales = helper.make_tensor("w", TensorProto.INT4, [4, 6], [i % 16 - 8 for i in range(24)]), numpy.linspace(0.1, 1.2, 12, dtype=numpy.float32).reshape(4, 3)
    made = model([helper.make_node("DequantizeLinear", ["w", "s"], ["f"], axis=1, block_size=2), helper.make_node("MatMul", ["x", "f"], ["y"])], {"x": (FLOAT, [2, 4])},
                 {"y": (FLOAT, [2, 6])}, {"s": scales})
    made.graph.initializer.append(weights)
    given = {"x": numpy.ones((2, 4), numpy.float32)}
    after, found, _ = rewritten(made)
    same(computed(after, given), computed(made, given), rtol=1e-6)
    assert operators(after) == ["MatMul"] and found == ["int4"]


def test_a_dynamic_scale_of_nothing_but_zeros_is_some_number():
    made = model([helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])], {"x": (FLOAT, [4])}, {"y": (FLOAT, [4])})
    after, _, _ = rewritten(made)
    for array in (numpy.zeros(4), numpy.array([-1, 0, 0.5, 2]), numpy.array([3, 4, 5, 6]), -numpy.array([3, 4, 5, 6])):
        given = {"x": array.astype(numpy.float32)}
        same(computed(after, given), computed(made, given), rtol=1e-6)


def integer_product(zero=None, dtype=numpy.uint8, weights=None):
    weights = numpy.arange(-6, 6, dtype=numpy.int8).reshape(4, 3) if weights is None else weights
    names = ["q", "w"] + (["z"] if zero is not None else [])
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z0"], ["q"]), helper.make_node("MatMulInteger", names, ["i"], name="product"), helper.make_node("Cast", ["i"], ["y"], to=FLOAT)]
    constants = {"s": number(0.5), "z0": number(0, dtype), "w": weights} | ({"z": zero} if zero is not None else {})
    return model(nodes, {"x": (FLOAT, [2, weights.shape[0]])}, {"y": (FLOAT, [2, weights.shape[1]])}, constants)


def test_an_integer_product_is_a_product_with_a_weight():
    made = integer_product(number(5, numpy.uint8))
    given = {"x": numpy.linspace(-3, 130, 8, dtype=numpy.float32).reshape(2, 4)}
    after, _, long_sums = rewritten(made)
    same(computed(after, given), computed(made, given))
    (product,) = [node for node in after.graph.node if node.op_type == "MatMul"]
    assert product.input[1] == "w" and not long_sums


@pytest.mark.parametrize("rows, expected", [(500, False), (600, True)])
def test_it_is_said_when_sums_are_longer_than_float32_holds(rows, expected):
    assert rewritten(integer_product(weights=numpy.full((rows, 1), 127, numpy.int8)))[2] is expected  # 255 x 127 x 518 is 2^24


@pytest.mark.parametrize("op, attributes, result", [("Relu", {}, [1, 2, 8]), ("Transpose", {"perm": [2, 0, 1]}, [8, 1, 2]), ("MaxPool", {"kernel_shape": [2]}, [1, 2, 7]),
                                                    ("Concat", {"axis": 0}, [2, 2, 8]), ("Identity", {}, [1, 2, 8])])
def test_what_hands_whole_numbers_on_stays(op, attributes, result):
    shape = [1, 2, 8]
    inputs = ["q", "q"] if op == "Concat" else ["q"]
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node(op, inputs, ["r"], **attributes), helper.make_node("DequantizeLinear", ["r", "s", "z"], ["y"])]
    made = model(nodes, {"x": (FLOAT, shape)}, {"y": (FLOAT, result)}, {"s": number(0.5), "z": number(-3, numpy.int8)})
    given = {"x": EDGES.reshape(shape)}
    after, _, _ = rewritten(made)
    same(computed(after, given), computed(made, given))
    assert op in operators(after)


def test_a_bias_in_int32_and_casts():
    nodes = [helper.make_node("Cast", ["x"], ["q"], to=UINT8), helper.make_node("Cast", ["q"], ["f"], to=FLOAT), helper.make_node("DequantizeLinear", ["b", "s"], ["g"]),
             helper.make_node("Add", ["f", "g"], ["y"])]
    made = model(nodes, {"x": (FLOAT, [3])}, {"y": (FLOAT, [3])}, {"b": numpy.array([1, -2, 1 << 20], numpy.int32), "s": number(0.25)})
    given = {"x": numpy.array([0.9, 7.5, 254.99], numpy.float32)}  # a cast goes towards zero
    same(computed(rewritten(made)[0], given), computed(made, given))


def test_inputs_and_outputs_in_narrow_integers():
    made = model([helper.make_node("DequantizeLinear", ["x", "s"], ["f"]), helper.make_node("QuantizeLinear", ["f", "s"], ["y"])], {"x": (UINT8, [4])}, {"y": (UINT8, [4])}, {"s": number(0.5)})
    after, _, _ = rewritten(made)
    assert after.graph.input[0].type.tensor_type.elem_type == INT32 and after.graph.output[0].type.tensor_type.elem_type == FLOAT
    given = {"x": numpy.array([0, 1, 128, 255], numpy.uint8)}
    same(computed(after, given), computed(made, given))


def test_a_file_without_quantised_integers_stays_as_it_is():
    made = model([helper.make_node("Cast", ["x"], ["i"], to=INT32), helper.make_node("Cast", ["i"], ["y"], to=FLOAT)], {"x": (FLOAT, [3])}, {"y": (FLOAT, [3])})
    after, found, long_sums = rewritten(made)
    assert operators(after) == ["Cast", "Cast"] and found == [] and not long_sums


def blocked(size, axis=1):
    return quantising(numpy.zeros((2, 1), numpy.uint8), shape=(2, 16), scale=numpy.ones((2, 1)), axis=axis, block_size=size)


def untyped():
    made = integer_product()
    made.graph.node[1].input[0] = "x"
    return made


def added():
    return model([helper.make_node("QuantizeLinear", ["x", "s"], ["q"]), helper.make_node("Add", ["q", "q"], ["y"], name="sum")], {"x": (FLOAT, [2])}, {"y": (UINT8, [2])}, {"s": number(1)})


def recast():
    return model([helper.make_node("QuantizeLinear", ["x", "s"], ["q"]), helper.make_node("Cast", ["q"], ["y"], to=INT8, name="again")], {"x": (FLOAT, [2])}, {"y": (INT8, [2])}, {"s": number(1)})


def floating():
    made = quantising(number(0, numpy.uint8))
    made.graph.initializer[1].CopyFrom(helper.make_tensor("z", TensorProto.FLOAT8E4M3FN, [], [0.0]))
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT8E4M3FN
    return made


@pytest.mark.parametrize("made, said", [
    (quantising(numpy.zeros(5, numpy.uint8), shape=(4, 16), scale=numpy.ones(5)), r"node q \(QuantizeLinear\): its scale has shape \[5\], which does not fit axis 1 of \[4, 16\]"),
    (quantising(numpy.zeros((2, 4), numpy.uint8), shape=(2, 16), scale=numpy.ones((2, 4)), axis=1, block_size=8), "blocks of 8 along axis 1 of .2, 16. need .2, 2."),
    (blocked(-8), "blocks of -8 along axis 1 of .2, 16. are none"),
    (blocked(1 << 60, axis=7), "along axis 7 of .2, 16. are none"),
    (untyped(), r"node product \(MatMulInteger\): its inputs do not fit each other"),
    (added(), r"node sum \(Add\): it computes in uint8, where numbers wrap around, which is not done here"),
    (recast(), r"node again \(Cast\): uint8 as int8 wraps around"),
    (floating(), r"node q \(QuantizeLinear\): it quantises to float8_e4m3fn; only integers of 2 to 16 bits"),
], ids=["scale", "blocks", "negative", "axis", "types", "sum", "recast", "float8"])
def test_refused(made, said):
    with pytest.raises(Refused, match=said):
        rewritten(made)
