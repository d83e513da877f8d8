"""Resize: rows repeated or looked up, or shares of two of them. Images lie channels last."""

import jax.numpy as jnp
import numpy
from assay_runner.windows import linear_matrix, nearest, resized_scales, source_positions

from . import channels_last
from .indexing import taken
from .registry import operator


@operator("Resize")
def resize(call):
    mode, transform = call.attribute("mode", "nearest"), call.attribute("coordinate_transformation_mode", "half_pixel")
    if mode not in ("nearest", "linear"):
        call.refuse(f"mode {mode}")
    if transform not in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
        call.refuse(f"coordinates {transform}")
    rounding = call.attribute("nearest_mode", "round_prefer_floor")
    result, order = jnp.asarray(call.image(0)), channels_last.image_order(call.rank(0))
    for place, (source, target, scale) in enumerate(zip(call.shape(0), call.result_shape(), resized_scales(call))):
        if source == target and scale == 1:
            continue
        axis = order.index(place)
        positions = source_positions(source, target, scale, transform)
        if mode == "nearest":
            result = _looked_up(result, axis, nearest(positions, rounding).clip(0, source - 1))
        else:
            matrix = linear_matrix(positions, source).astype(result.dtype)
            result = jnp.moveaxis(jnp.tensordot(result, matrix, (axis, 0)), -1, axis)
    return channels_last.image(result)


def _looked_up(array, axis, indices):
    """Rows of an axis by their indices: each repeated where that is what they say, which XLA fuses with what comes next."""
    times = len(indices) // array.shape[axis]
    if times and numpy.array_equal(indices, numpy.arange(len(indices)) // times):
        return jnp.repeat(array, times, axis, total_repeat_length=len(indices))
    return taken(array, indices, axis)
