"""A model whose narrow integers became whole numbers in float32, and what ONNX's reference computes of it."""

import floats
import narrow
import numpy
import onnx
import quantised
import structure
from onnx.reference import ReferenceEvaluator


def rewritten(model, constants=None):
    """A copy after the pass; `constants` are inputs that become initialisers before it. With the names of the types that were there and whether sums are long."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for name, array in (constants or {}).items():
        copy.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
        copy.graph.input.remove(next(value for value in copy.graph.input if value.name == name))
    copy.opset_import[0].version = structure.NEWEST  # as the converter leaves it
    found = quantised.to_float32(copy)
    floats.to_float32(copy)
    onnx.checker.check_model(copy, full_check=True)
    assert not narrow_values(copy), narrow_values(copy)
    return copy, found.types, found.long_sums


def narrow_values(model):
    """Values that are still of a type that is not there."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in [*graph.value_info, *graph.input, *graph.output]} | {one.name: one.data_type for one in graph.initializer}
    return [name for name, kind in kinds.items() if kind in narrow.RANGES]


def computed(model, inputs):
    """Its outputs; of inputs whose types the pass has changed, in the type that they have now."""
    session = ReferenceEvaluator(model)
    kinds = {value.name: onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type) for value in model.graph.input}
    return session.run(None, {name: array.astype(kinds[name]) for name, array in inputs.items() if name in kinds})


def same(found, expected, **tolerance):
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        numpy.testing.assert_allclose(one.astype(numpy.float64), other.astype(numpy.float64), **tolerance)
