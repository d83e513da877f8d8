"""Operators that compare or add up elements along one axis."""

import jax.numpy as jnp
import numpy
from jax import lax

from .registry import operator


@operator("ArgMax", "ArgMin")
def arg(call):
    function = {"ArgMax": jnp.argmax, "ArgMin": jnp.argmin}[call.op]
    x, axis, keep = call.x(0), call.axis(0), bool(call.attribute("keepdims", 1))
    if call.attribute("select_last_index", 0):
        return (x.shape[axis] - 1 - function(jnp.flip(x, axis), axis, keepdims=keep)).astype(numpy.int64)
    return function(x, axis, keepdims=keep).astype(numpy.int64)


@operator("CumSum")
def cum_sum(call):
    x, axis = jnp.asarray(call.x(0)), call.integers(1, "axis")[0] % call.rank(0)
    reverse = bool(call.attribute("reverse", 0))
    if call.attribute("exclusive", 0):
        moved = [(0, 0, 0)] * x.ndim
        moved[axis] = (-1, 1, 0) if reverse else (1, -1, 0)
        x = lax.pad(x, jnp.zeros((), x.dtype), moved)
    return lax.cumsum(x, axis, reverse)


@operator("TopK")
def top_k(call):
    """lax.top_k takes the largest, of equal ones the first."""
    x, axis, k = jnp.moveaxis(call.x(0), call.axis(-1), -1), call.axis(-1), call.integers(1, "K")[0]
    call.attribute("sorted")  # in order in either case
    turned = (lambda array: array) if call.attribute("largest", 1) else (jnp.negative if call.is_floating(0) else jnp.invert)
    values, indices = lax.top_k(turned(x), k)
    return [jnp.moveaxis(turned(values), -1, axis), jnp.moveaxis(indices, -1, axis).astype(numpy.int64)]
