"""Pooling: reductions of windows, of images with channels last."""

import itertools

import jax.numpy as jnp
import numpy
from assay_runner.windows import Windows
from jax import lax

from . import channels_last
from .reduction import extreme
from .registry import operator


class _Pool:
    def __init__(self, call):
        self.windows = Windows(call, call.attribute("kernel_shape"))
        self.x = jnp.asarray(call.image(0))

    def reduced(self, start, function, *more):
        """lax.reduce_window of the input, and of `more` arrays beside it."""
        windows = self.windows
        operands = (self.x, *more) if more else self.x
        return lax.reduce_window(
            operands, start, function, (1, *windows.kernel, 1), (1, *windows.strides, 1),
            [(0, 0), *zip(windows.before, windows.ends()), (0, 0)], window_dilation=(1, *windows.dilations, 1))

    def largest_by_place(self, least, space):
        """Of each window the largest, the first of equal ones, from a strided view for each place in it: JAX has no gradient of the reduction by
        windows with holes."""
        windows, (batch, *_, channels) = self.windows, self.x.shape
        padded = lax.pad(self.x, least, [(0, 0, 0), *((*sides, 0) for sides in zip(windows.before, windows.ends())), (0, 0, 0)])
        largest = None
        for place in itertools.product(*map(range, windows.kernel)):
            first = [index * dilation for index, dilation in zip(place, windows.dilations)]
            last = [start + (size - 1) * stride + 1 for start, size, stride in zip(first, space, windows.strides)]
            view = lax.slice(padded, (0, *first, 0), (batch, *last, channels), (1, *windows.strides, 1))
            largest = view if largest is None else jnp.where(view > largest, view, largest)
        return largest


@operator("MaxPool")
def max_pool(call):
    pool = _Pool(call)
    least = numpy.array(extreme(pool.x.dtype, False), pool.x.dtype)
    if not call.wanted(1):
        holes = any(dilation > 1 for dilation in pool.windows.dilations)
        return channels_last.image(pool.largest_by_place(least, call.result_shape()[2:]) if holes else pool.reduced(least, lax.max))
    places = _places(call.shape(0), call.attribute("storage_order", 0)).transpose(channels_last.image_order(call.rank(0)))

    def larger(left, right):
        """Of equal elements the one that comes first."""
        is_left = (left[0] > right[0]) | ((left[0] == right[0]) & (left[1] < right[1]))
        return tuple(jnp.where(is_left, one, other) for one, other in zip(left, right))

    both = pool.reduced((least, numpy.int64(numpy.iinfo(numpy.int64).max)), larger, places)
    return [channels_last.image(array) for array in both]


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
    total = pool.reduced(numpy.zeros((), pool.x.dtype), lax.add)
    return channels_last.image(total / counts[..., None].astype(total.dtype))


@operator("GlobalMaxPool")
def global_max_pool(call):
    return channels_last.image(jnp.max(call.image(0), tuple(range(1, call.rank(0) - 1)), keepdims=True))


@operator("GlobalAveragePool")
def global_average_pool(call):
    return channels_last.image(jnp.mean(call.image(0), tuple(range(1, call.rank(0) - 1)), keepdims=True))
