"""Pooling: reductions of windows."""

import itertools

import jax.numpy as jnp
import numpy
from assay_runner.windows import Windows
from jax import lax

from .reduction import extreme
from .registry import operator


class _Pool:
    def __init__(self, call):
        self.windows = Windows(call, call.attribute("kernel_shape"))
        self._x = jnp.asarray(call.x(0))

    def reduced(self, start, function, *more):
        """lax.reduce_window of the input, and of `more` arrays beside it."""
        windows = self.windows
        operands = (self._x, *more) if more else self._x
        return lax.reduce_window(
            operands, start, function, (1, 1, *windows.kernel), (1, 1, *windows.strides),
            [(0, 0), (0, 0), *zip(windows.before, windows.ends())], window_dilation=(1, 1, *windows.dilations))

    def largest_by_place(self, least, shape):
        """Of each window the largest, the first of equal ones, from a strided view for each place in it: JAX has no gradient of the reduction by
        windows with holes."""
        windows = self.windows
        padded = lax.pad(self._x, least, [(0, 0, 0), (0, 0, 0), *((*sides, 0) for sides in zip(windows.before, windows.ends()))])
        largest = None
        for place in itertools.product(*map(range, windows.kernel)):
            first = [index * dilation for index, dilation in zip(place, windows.dilations)]
            last = [start + (size - 1) * stride + 1 for start, size, stride in zip(first, shape[2:], windows.strides)]
            view = lax.slice(padded, (0, 0, *first), (*shape[:2], *last), (1, 1, *windows.strides))
            largest = view if largest is None else jnp.where(view > largest, view, largest)
        return largest


@operator("MaxPool")
def max_pool(call):
    pool, x = _Pool(call), jnp.asarray(call.x(0))
    least = numpy.array(extreme(x.dtype, False), x.dtype)
    if not call.wanted(1):
        holes = any(dilation > 1 for dilation in pool.windows.dilations)
        return pool.largest_by_place(least, call.result_shape()) if holes else pool.reduced(least, lax.max)
    order = call.attribute("storage_order", 0)
    places = jnp.broadcast_to(_places(x.shape, order), x.shape)

    def larger(left, right):
        """Of equal elements the one that comes first."""
        is_left = (left[0] > right[0]) | ((left[0] == right[0]) & (left[1] < right[1]))
        return tuple(jnp.where(is_left, one, other) for one, other in zip(left, right))

    y, indices = pool.reduced((least, numpy.int64(numpy.iinfo(numpy.int64).max)), larger, places)
    return [y, indices]


def _places(shape, column_major):
    """The position of each element, counted over the whole tensor; with `column_major` those of one plane by columns."""
    batch, channels, *space = shape
    size = int(numpy.prod(space))
    plane = numpy.arange(size).reshape(space[::-1]).transpose() if column_major else numpy.arange(size).reshape(space)
    planes = numpy.arange(batch * channels, dtype=numpy.int64).reshape(batch, channels, *[1] * len(space)) * size
    return planes + plane


@operator("AveragePool")
def average_pool(call):
    pool = _Pool(call)
    counts = pool.windows.counts(bool(call.attribute("count_include_pad", 0)))
    total = pool.reduced(numpy.zeros((), call.x(0).dtype), lax.add)
    return total / counts.astype(total.dtype)


@operator("GlobalAveragePool")
def global_average_pool(call):
    return jnp.mean(call.x(0), tuple(range(2, call.rank(0))), keepdims=True)
