"""GridSample: pixels looked up at the places of a grid, mixed by their distance. JAX has no such function."""

import itertools

import jax.numpy as jnp

from .indexing import IN_BOUNDS
from .registry import operator


@operator("GridSample")
def grid_sample(call):
    x, grid = jnp.asarray(call.x(0)), call.x(1)
    rank = x.ndim - 2
    mode, beyond, corners = call.attribute("mode", "linear"), call.attribute("padding_mode", "zeros"), call.attribute("align_corners", 0)
    # The grid names the last dimension first.
    axes = [list(_taps(grid[..., rank - 1 - axis], x.shape[axis + 2], mode, beyond, corners)) for axis in range(rank)]
    entries = jnp.arange(x.shape[0]).reshape((-1,) + (1,) * rank)
    total = 0
    for taps in itertools.product(*axes):
        pixels = x.at[(entries, slice(None), *(pixel for pixel, _ in taps))].get(mode=IN_BOUNDS)  # channels last
        weight = 1
        for _, factor in taps:
            weight = weight * factor
        total = total + pixels * weight[..., None]
    return jnp.moveaxis(total, -1, 1)


def _taps(place, length, mode, beyond, corners):
    """(pixel, weight) of each pixel that is read along an axis. -1 and 1 are the middles of the outer pixels, or their outer sides."""
    low, high = (0, length - 1) if corners else (-0.5, length - 0.5)
    x = (place + 1) / 2 * (length - 1) if corners else ((place + 1) * length - 1) / 2
    x = jnp.round(x) if mode == "nearest" else x
    x = _moved_inside(x, length, beyond, low, high)
    if mode == "nearest":
        yield _pixel(x, length, beyond, low, high, 1)
        return
    first = jnp.floor(x)
    for step in (0, 1) if mode == "linear" else (-1, 0, 1, 2):
        distance = jnp.abs(x - (first + step))
        yield _pixel(first + step, length, beyond, low, high, 1 - distance if mode == "linear" else _cubic(distance, step))


def _moved_inside(x, length, beyond, low, high):
    if beyond == "border":
        return jnp.clip(x, 0, length - 1)
    return jnp.where((x < low) | (x > high), _reflected(x, low, high), x) if beyond == "reflection" else x


def _pixel(x, length, beyond, low, high, weight):
    if beyond == "zeros":
        weight = jnp.where((x >= 0) & (x <= length - 1), weight, 0)
    elif beyond == "reflection":
        x = jnp.where((x < 0) | (x > length - 1), _reflected(x, low, high), x)
    return jnp.clip(x, 0, length - 1).astype(int), weight


def _reflected(x, low, high):
    if high <= low:
        return jnp.full_like(x, low)
    folded = jnp.mod(jnp.abs(x - low), 2 * (high - low))
    return low + jnp.where(folded <= high - low, folded, 2 * (high - low) - folded)


def _cubic(distance, step):
    """Keys' cubic convolution with a = -0.75."""
    a = -0.75
    if step in (0, 1):
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1
    return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
