"""Operators that look elements up or put them somewhere."""

import jax.numpy as jnp
import numpy

from .registry import operator

_UPDATE = {"none": "set", "add": "add", "mul": "multiply", "max": "max", "min": "min"}
IN_BOUNDS = "promise_in_bounds"


def _from_the_front(indices, length):
    """Indices that do not count from the end. Those that are known are changed now."""
    if isinstance(indices, numpy.ndarray):
        return numpy.where(indices < 0, indices + length, indices)
    return jnp.where(indices < 0, indices + length, indices)


def taken(array, indices, axis):
    """Rows of an axis, by indices that are within: nothing is checked or clamped."""
    return jnp.asarray(array).at[(slice(None),) * axis + (indices,)].get(mode=IN_BOUNDS)


@operator("Gather")
def gather(call):
    axis = call.axis(0)
    return taken(call.x(0), _from_the_front(call.x(1), call.shape(0)[axis]), axis)


@operator("GatherElements")
def gather_elements(call):
    axis = call.axis(0)
    return jnp.take_along_axis(call.x(0), _from_the_front(call.x(1), call.shape(0)[axis]), axis, mode=IN_BOUNDS)


@operator("ScatterElements")
def scatter_elements(call):
    axis = call.axis(0)
    places = list(jnp.indices(call.shape(1), sparse=True))
    places[axis] = _from_the_front(call.x(1), call.shape(0)[axis])
    return _updated(call, tuple(places))


@operator("ScatterND")
def scatter_nd(call):
    return _updated(call, _coordinates(call, 0))


def _updated(call, places):
    function = getattr(jnp.asarray(call.x(0)).at[places], _UPDATE[call.attribute("reduction", "none")])
    return function(call.x(2), mode=IN_BOUNDS)


@operator("GatherND")
def gather_nd(call):
    batch = call.attribute("batch_dims", 0)
    indices = call.shape(1)
    grid = jnp.indices(indices[:batch], sparse=True)
    own = tuple(place.reshape(*place.shape, *[1] * (len(indices) - 1 - batch)) for place in grid)
    return jnp.asarray(call.x(0)).at[own + _coordinates(call, batch)].get(mode=IN_BOUNDS)


def _coordinates(call, skipped):
    """The indices' last dimension taken apart: one array of indices for each dimension that they address, after those that are skipped."""
    depth = call.shape(1)[-1]
    lengths = numpy.array(call.shape(0)[skipped : skipped + depth], dtype=call.x(1).dtype)
    indices = _from_the_front(call.x(1), lengths)
    return tuple(indices[..., place] for place in range(depth))


@operator("OneHot")
def one_hot(call):
    depth = call.integers(1, "depth")[0]
    axis = call.axis(-1, call.rank(0) + 1)
    places = [1] * (call.rank(0) + 1)
    places[axis] = depth
    indices = jnp.expand_dims(_from_the_front(call.x(0), depth), axis)
    return jnp.where(indices == numpy.arange(depth).reshape(places), call.x(2)[1], call.x(2)[0])
