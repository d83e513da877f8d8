"""Normalisations: compositions, as in Flax; XLA fuses them. Images lie channels last."""

import jax.numpy as jnp
from jax import lax

from . import channels_last
from .registry import operator


def _epsilon(call):
    return float(call.attribute("epsilon", 1e-5))


@operator("RMSNormalization")
def rms_normalization(call):
    x = call.x(0)
    axes = tuple(range(call.axis(-1), x.ndim))
    return x * lax.rsqrt(jnp.mean(jnp.square(x), axes, keepdims=True) + _epsilon(call)) * call.x(1)


def _normalized(x, axes, epsilon):
    """(x with mean 0 and variance 1 along the axes, the means, one by the deviations)."""
    mean = jnp.mean(x, axes, keepdims=True)
    inverse = lax.rsqrt(jnp.mean(jnp.square(x - mean), axes, keepdims=True) + epsilon)
    return (x - mean) * inverse, mean, inverse


@operator("LayerNormalization")
def layer_normalization(call):
    x = call.x(0)
    y, mean, inverse = _normalized(x, tuple(range(call.axis(-1), x.ndim)), _epsilon(call))
    y = y * call.x(1)
    return [y + call.x(2) if call.given(2) else y, mean, inverse]


@operator("GroupNormalization")
def group_normalization(call):
    x, groups = call.image(0), call.attribute("num_groups")
    grouped = jnp.reshape(x, (*x.shape[:-1], groups, x.shape[-1] // groups))
    y, _, _ = _normalized(grouped, (*range(1, x.ndim - 1), x.ndim), _epsilon(call))
    return channels_last.image(jnp.reshape(y, x.shape) * call.x(1) + call.x(2))


@operator("InstanceNormalization")
def instance_normalization(call):
    x = call.image(0)
    y, _, _ = _normalized(x, tuple(range(1, x.ndim - 1)), _epsilon(call))
    return channels_last.image(y * call.x(1) + call.x(2))


@operator("LpNormalization")
def lp_normalization(call):
    """What has no length stays as it is."""
    x, axis = call.x(0), call.axis(-1)
    norm = jnp.linalg.norm(x, call.attribute("p", 2), axis, keepdims=True)
    return jnp.where(norm == 0, 0, x / jnp.where(norm == 0, 1, norm))


@operator("LRN")
def local_response_normalization(call):
    x, size = call.x(0), call.attribute("size")
    sides = ((0, 0), ((size - 1) // 2, size - 1 - (size - 1) // 2), *((0, 0),) * (x.ndim - 2))
    window = (1, size, *(1,) * (x.ndim - 2))
    total = lax.reduce_window(jnp.square(x), jnp.zeros((), x.dtype), lax.add, window, (1,) * x.ndim, sides)
    alpha, beta, bias = (float(call.attribute(name, usual)) for name, usual in (("alpha", 0.0001), ("beta", 0.75), ("bias", 1.0)))
    return x / jnp.power(bias + alpha / size * total, beta)


@operator("BatchNormalization")
def batch_normalization(call):
    if call.attribute("training_mode", 0):
        call.refuse("batch statistics (training_mode 1)")
    scale, bias, mean, variance = (call.x(index) for index in range(1, 5))
    return channels_last.image((call.image(0) - mean) * (scale * lax.rsqrt(variance + _epsilon(call))) + bias)
