"""Operators that move elements without changing them."""

import jax.numpy as jnp
import numpy
from assay_runner.windows import pad_amounts, padded_indices
from jax import lax

from . import channels_last
from .indexing import taken
from .registry import operator


@operator("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(call):
    call.attribute("axis")  # Flatten's; the shape says it all
    return jnp.reshape(call.x(0), call.result_shape())


@operator("Expand")
def expand(call):
    return jnp.broadcast_to(call.x(0), call.result_shape())


@operator("Transpose")
def transpose(call):
    return jnp.transpose(call.x(0), call.attribute("perm", tuple(range(call.rank(0))[::-1])))


@operator("Tile")
def tile(call):
    return jnp.tile(call.x(0), call.integers(1, "repeats"))


@operator("Trilu")
def trilu(call):
    return (jnp.triu if call.attribute("upper", 1) else jnp.tril)(call.x(0), call.integers(1, "k")[0] if call.given(1) else 0)


@operator("DepthToSpace")
def depth_to_space(call):
    block, (batch, channels, height, width) = call.attribute("blocksize"), call.result_shape()
    rows, columns = height // block, width // block
    if call.attribute("mode", "DCR") == "CRD":
        parts = jnp.reshape(call.x(0), (batch, channels, block, block, rows, columns)).transpose(0, 1, 4, 2, 5, 3)
    else:
        parts = jnp.reshape(call.x(0), (batch, block, block, channels, rows, columns)).transpose(0, 3, 4, 1, 5, 2)
    return jnp.reshape(parts, call.result_shape())


@operator("SpaceToDepth")
def space_to_depth(call):
    block, (batch, channels, height, width) = call.attribute("blocksize"), call.shape(0)
    parts = jnp.reshape(call.x(0), (batch, channels, height // block, block, width // block, block))
    return jnp.reshape(parts.transpose(0, 3, 5, 1, 2, 4), call.result_shape())


@operator("ReverseSequence")
def reverse_sequence(call):
    """The element at each place: what lies as far from the sequence's end, behind it the same."""
    time = call.attribute("time_axis", 0)
    call.attribute("batch_axis")
    others = (1,) * (call.rank(0) - 2)
    lengths = jnp.reshape(call.x(1), (1, -1, *others) if time == 0 else (-1, 1, *others))
    places = jnp.arange(call.shape(0)[time]).reshape((-1, 1, *others) if time == 0 else (1, -1, *others))
    return jnp.take_along_axis(call.x(0), jnp.where(places < lengths, lengths - 1 - places, places), time, mode="promise_in_bounds")


@operator("Concat")
def concat(call):
    axis, images = call.axis(0), call.of_images()
    if images:  # as where a U-Net takes up an image of its way down
        return channels_last.image(_concatenated(images, channels_last.image_order(call.rank(0)).index(axis)))
    return _concatenated(call, axis)


def _concatenated(call, axis):
    return jnp.concatenate([call.x(index) for index in range(len(call.node.inputs))], axis)


@operator("Split")
def split(call):
    axis = call.axis(0)
    lengths = [call.graph.values[name].shape[axis] if name else None for name in call.node.outputs]
    if call.given(1):
        lengths = call.integers(1, "split")
    elif None in lengths:
        call.refuse("an output that is left out, without the input `split`")
    return jnp.split(call.x(0), numpy.cumsum(lengths)[:-1], axis)


@operator("Slice")
def slices(call):
    starts, ends = call.integers(1, "starts"), call.integers(2, "ends")
    axes = call.integers(3, "axes") if call.given(3) else range(len(starts))
    steps = call.integers(4, "steps") if call.given(4) else [1] * len(starts)
    result = jnp.asarray(call.x(0))
    for start, end, axis, step in zip(starts, ends, axes, steps):
        axis += result.ndim if axis < 0 else 0
        chosen = range(call.shape(0)[axis])[start:end:step]
        forward = chosen if step > 0 else chosen[::-1]
        result = lax.slice_in_dim(result, forward.start, forward[-1] + 1, forward.step, axis) if forward else \
            lax.slice_in_dim(result, 0, 0, 1, axis)
        result = result if step > 0 else lax.rev(result, (axis,))
    return result


@operator("Pad")
def pad(call):
    x, amounts = call.x(0), pad_amounts(call)
    mode = call.attribute("mode", "constant")
    if mode == "constant":
        value = jnp.asarray(call.x(2) if call.given(2) else 0, x.dtype).reshape(())
        return lax.pad(x, value, [(before, after, 0) for before, after in amounts])
    for axis, (before, after) in enumerate(amounts):
        if before or after:
            x = taken(x, padded_indices(call.shape(0)[axis], before, after, mode), axis)
    return x
