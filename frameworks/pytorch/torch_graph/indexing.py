"""Operators that look elements up or put them somewhere."""

import numpy

from .registry import operator

_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


@operator("Gather")
def gather(call):
    axis = call.axis(0)
    table, indices = call.value(0), call.value(1)
    from_the_end = indices.data is not None and (indices.data < 0).any()  # which an embedding does not count
    if axis == 0 and table.role == "parameter" and len(table.shape) == 2 and not from_the_end:
        return f"F.embedding({call.x(1)}, {call.x(0)})"
    if indices.data is not None and indices.data.ndim == 0:
        return f"{call.x(0)}.select({axis}, {int(indices.data)})"
    chosen = _indices(call, 1, call.shape(0)[axis])
    if call.rank(1) == 1:
        return f"{call.x(0)}.index_select({axis}, {chosen})"
    return f"{call.x(0)}.index_select({axis}, {chosen}.reshape(-1)).reshape({call.result_shape()})"


@operator("GatherElements")
def gather_elements(call):
    axis = call.axis(0)
    return f"torch.gather({call.x(0)}, {axis}, {_indices(call, 1, call.shape(0)[axis])})"


@operator("ScatterElements")
def scatter_elements(call):
    axis = call.axis(0)
    arguments = f"{axis}, {_indices(call, 1, call.shape(0)[axis])}, {call.x(2)}"
    return f"{call.x(0)}.{_scatter(call)[0]}({arguments}{_scatter(call)[1]})"


@operator("GatherND")
def gather_nd(call):
    batch, depth = call.attribute("batch_dims", 0), call.shape(1)[-1]
    data, indices = call.shape(0), call.shape(1)
    flat = _flat_indices(call, data[batch : batch + depth])
    inner = data[batch + depth :]
    count = _product(indices[batch:-1])
    rows = call.let("rows", f"{call.x(0)}.reshape({(_product(data[:batch]), _product(data[batch:batch + depth]), _product(inner))})")
    index = f"{flat}.reshape({(_product(data[:batch]), count, 1)}).expand(-1, -1, {_product(inner)})"
    return f"torch.gather({rows}, 1, {index}).reshape({call.result_shape()})"


@operator("ScatterND")
def scatter_nd(call):
    depth, data = call.shape(1)[-1], call.shape(0)
    inner = _product(data[depth:])
    flat = _flat_indices(call, data[:depth])
    rows = call.let("rows", f"{call.x(0)}.reshape({(_product(data[:depth]), inner)})")
    index = f"{flat}.reshape(-1, 1).expand(-1, {inner})"
    function, option = _scatter(call)
    return f"{rows}.{function}(0, {index}, {call.x(2)}.reshape(-1, {inner}){option}).reshape({data})"


@operator("OneHot")
def one_hot(call):
    depth = call.integers(1, "depth")[0]
    axis = call.axis(-1, call.rank(0) + 1)
    places = [1] * (call.rank(0) + 1)
    places[axis] = depth
    numbers = call.bind(numpy.arange(depth).reshape(places), "places")
    indices = call.let("indices", f"{call.x(0)}.unsqueeze({axis})")
    indices = f"torch.where({indices} < 0, {indices} + {depth}, {indices})"
    return f"torch.where({indices} == {numbers}, {call.x(2)}[1], {call.x(2)}[0])"


def _scatter(call):
    """(the method, what follows its arguments) for the node's reduction."""
    reduction = call.attribute("reduction", "none")
    if reduction == "none":
        return "scatter", ""
    if reduction == "add":
        return "scatter_add", ""
    return "scatter_reduce", f", {_REDUCTIONS[reduction]!r}"


def _indices(call, index, length):
    """Indices as I64 that do not count from the end: PyTorch's functions take no others."""
    data = call.value(index).data
    if data is not None:
        data = data.astype(numpy.int64)
        return call.bind(numpy.where(data < 0, data + length, data), "indices")
    x = call.x(index) if call.dtype(index) == "I64" else f"{call.x(index)}.long()"
    return f"torch.where({x} < 0, {x} + {length}, {x})"


def _flat_indices(call, dimensions):
    """Indices whose last dimension addresses `dimensions`, as positions in these dimensions flattened."""
    strides = [_product(dimensions[position + 1 :]) for position in range(len(dimensions))]
    x = call.let("nd", f"{call.x(1)}.long()")
    limits = call.bind(numpy.array(dimensions), "limits")
    factors = call.bind(numpy.array(strides), "strides")
    return call.let("flat", f"(torch.where({x} < 0, {x} + {limits}, {x}) * {factors}).sum(-1)")


def _product(shape):
    return int(numpy.prod(shape, dtype=numpy.int64))
