"""The model's inputs as they are to be: every dimension a number, settings among them (`--fix`) constants."""

import difflib

import numpy as np
import onnx
from onnx import helper, numpy_helper
from refused import Refused

TYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "uint16", "int8", "uint8", "bool")


def settle(model, dims, fixed):
    """Gives every dimension of every input its size, and makes constants of the inputs in `fixed`; returns those by name."""
    _drop_initialised(model.graph)
    arrays = _fix(model.graph, fixed)
    seen, missing = set(), []
    for value in model.graph.input:
        _check_type(value)
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            _size(value, axis, dimension, dims, missing, seen)
    if missing:
        asked = " ".join(f"--dim {name}=N" for name in dict.fromkeys(missing))
        raise Refused(f"these dimensions are not given in the file, say how large they are: {asked}", usage=True)
    _check_all_used(dims, seen)
    return arrays


def names_of(value, axis, dimension):
    """What a dimension without a size is called on the command line: its own name, and INPUT.AXIS."""
    return [name for name in (dimension.dim_param, f"{value.name}.{axis}") if name]


def _size(value, axis, dimension, known, missing, seen):
    if dimension.HasField("dim_value") and dimension.dim_value > 0:
        return
    names = names_of(value, axis, dimension)
    given = [known[name] for name in names if name in known]
    dimension.ClearField("value")
    if given:
        dimension.dim_value = given[-1]
    else:
        missing.append(names[0])
    seen.update(names)


def _check_all_used(dims, seen):
    for name in dims:
        if name not in seen:
            near = difflib.get_close_matches(name, seen, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(seen))}." if seen else "all of its dimensions are given in the file."
            raise Refused(f"--dim {name}: no input has such a dimension; {hint}", usage=True)


def _check_type(value):
    if value.type.WhichOneof("value") != "tensor_type":
        raise Refused(f"input {value.name} is no tensor, and only tensors can be generated")
    if not value.type.tensor_type.HasField("shape"):
        raise Refused(f"input {value.name} has no shape in the file, not even the number of its dimensions")
    name = _numpy_name(value)
    if name not in TYPES:
        raise Refused(f"input {value.name} is of type {name}, which is not among {', '.join(TYPES)}")


def _numpy_name(value):
    try:
        return helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
    except KeyError:
        return f"number {value.type.tensor_type.elem_type}"


def _drop_initialised(graph):
    """Old files list their initialisers among the inputs."""
    initialised = {tensor.name for tensor in graph.initializer}
    kept = [value for value in graph.input if value.name not in initialised]
    del graph.input[:]
    graph.input.extend(kept)


def _fix(graph, fixed):
    inputs, arrays = {value.name: value for value in graph.input}, {}
    for name, text in fixed.items():
        if name not in inputs:
            raise Refused(f"--fix {name}: there is no such input, only {', '.join(inputs)}", usage=True)
        arrays[name] = _array(inputs[name], text)
        graph.initializer.append(numpy_helper.from_array(arrays[name], name))
        graph.input.remove(inputs[name])
    return arrays


def _array(value, text):
    _check_type(value)
    dtype = np.dtype(_numpy_name(value))
    shape = [dimension.dim_value or 1 for dimension in value.type.tensor_type.shape.dim]
    try:
        numbers = np.array([float(word) for word in text.split(",")])
        array = numbers.astype(dtype)
        return array.reshape(shape) if array.size == int(np.prod(shape)) else np.full(shape, array.item(), dtype)
    except ValueError as error:
        raise Refused(f"--fix {value.name}={text}: {dtype.name} of shape {shape} is expected, numbers between commas", usage=True) from error


def forget_shapes(graph):
    """What the file says of inner values and outputs held for any size; it follows from the inputs again."""
    del graph.value_info[:]
    for value in graph.output:
        if value.type.WhichOneof("value") == "tensor_type":
            value.type.tensor_type.ClearField("shape")
