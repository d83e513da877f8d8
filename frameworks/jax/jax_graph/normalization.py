"""Normalisations: compositions, as in Flax; XLA fuses them."""

import jax.numpy as jnp
from jax import lax

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


def _by_channel(array, rank):
    return jnp.reshape(array, (-1, *[1] * (rank - 2)))


@operator("GroupNormalization")
def group_normalization(call):
    x, groups = call.x(0), call.attribute("num_groups")
    batch, channels, *space = x.shape
    grouped = jnp.reshape(x, (batch, groups, channels // groups, *space))
    y, _, _ = _normalized(grouped, tuple(range(2, grouped.ndim)), _epsilon(call))
    return jnp.reshape(y, x.shape) * _by_channel(call.x(1), x.ndim) + _by_channel(call.x(2), x.ndim)


@operator("BatchNormalization")
def batch_normalization(call):
    if call.attribute("training_mode", 0):
        call.refuse("batch statistics (training_mode 1)")
    x, scale, bias, mean, variance = (call.x(index) for index in range(5))
    factor = scale * lax.rsqrt(variance + _epsilon(call))
    return (x - _by_channel(mean, x.ndim)) * _by_channel(factor, x.ndim) + _by_channel(bias, x.ndim)
