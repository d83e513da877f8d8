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


@operator("BatchNormalization")
def batch_normalization(call):
    if call.attribute("training_mode", 0):
        call.refuse("batch statistics (training_mode 1)")
    scale, bias, mean, variance = (call.x(index) for index in range(1, 5))
    return channels_last.image((call.image(0) - mean) * (scale * lax.rsqrt(variance + _epsilon(call))) + bias)
