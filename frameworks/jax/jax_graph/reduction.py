"""Reductions, softmax and the cross-entropy."""

import jax
import jax.numpy as jnp
import numpy
from jax import lax

from .registry import operator


@operator("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean")
def reduction(call):
    x, axes, keep = call.x(0), call.integers(1, "axes") if call.given(1) else [], bool(call.attribute("keepdims", 1))
    if not axes and call.attribute("noop_with_empty_axes", 0):
        return x
    axes = tuple(axes) or tuple(range(call.rank(0)))
    if call.op == "ReduceSum":
        return jnp.sum(x, axes, dtype=x.dtype, keepdims=keep)
    if call.op == "ReduceMean":
        return _mean(call, x, axes, keep)
    function = jnp.max if call.op == "ReduceMax" else jnp.min
    return function(x, axes, keepdims=keep, initial=extreme(x.dtype, call.op == "ReduceMin") if 0 in x.shape else None)


def _axes(call):
    axes = tuple(call.integers(1, "axes")) if call.given(1) else ()
    return axes if axes or call.attribute("noop_with_empty_axes", 0) else tuple(range(call.rank(0)))


# What is done to the elements, how they are joined, and what is done to that.
_FORMS = {
    "ReduceL1": (jnp.abs, jnp.sum, None), "ReduceL2": (jnp.square, jnp.sum, jnp.sqrt), "ReduceLogSum": (None, jnp.sum, jnp.log),
    "ReduceProd": (None, jnp.prod, None), "ReduceSumSquare": (jnp.square, jnp.sum, None),
}


@operator(*_FORMS)
def formed(call):
    before, function, after = _FORMS[call.op]
    x, keep = call.x(0), bool(call.attribute("keepdims", 1))
    result = function(before(x) if before else x, _axes(call), dtype=x.dtype, keepdims=keep)
    return after(result) if after else result


@operator("ReduceLogSumExp")
def log_sum_exp(call):
    keep = bool(call.attribute("keepdims", 1))
    return jax.nn.logsumexp(call.x(0), _axes(call), keepdims=keep)


def _mean(call, x, axes, keep):
    if call.is_floating(0):
        return jnp.mean(x, axes, keepdims=keep)
    total = jnp.sum(x, axes, dtype=x.dtype, keepdims=keep)
    return lax.div(total, jnp.full_like(total, numpy.prod([x.shape[axis] for axis in axes])))


def extreme(dtype, largest):
    """What an empty set has as its least element (the largest of the type), or as its largest."""
    if jnp.issubdtype(dtype, jnp.floating):
        return jnp.inf if largest else -jnp.inf
    if dtype == jnp.bool_:
        return largest
    return jnp.iinfo(dtype).max if largest else jnp.iinfo(dtype).min


@operator("Softmax", "LogSoftmax")
def softmax(call):
    return {"Softmax": jax.nn.softmax, "LogSoftmax": jax.nn.log_softmax}[call.op](call.x(0), axis=call.attribute("axis", -1))


@operator("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(call):
    """Log-probabilities of the labels, as optax takes them."""
    log_prob = jax.nn.log_softmax(call.x(0), axis=1)
    labels, ignored = call.x(1), call.attribute("ignore_index")
    counted = None if ignored is None else labels != ignored
    safe = labels if counted is None else jnp.where(counted, labels, 0)
    losses = -jnp.take_along_axis(log_prob, safe[:, None], 1, mode="promise_in_bounds").squeeze(1)
    weights = call.x(2)[safe] if call.given(2) else None
    if counted is not None:
        weights = jnp.where(counted, 1 if weights is None else weights, 0).astype(losses.dtype)
    losses = losses if weights is None else losses * weights
    reduce = {"none": lambda: losses, "sum": lambda: losses.sum(), "mean": lambda: _weighted_mean(losses, weights)}
    return [reduce[call.attribute("reduction", "mean")](), log_prob if call.wanted(1) else None]


def _weighted_mean(losses, weights):
    return losses.mean() if weights is None else losses.sum() / weights.sum()
