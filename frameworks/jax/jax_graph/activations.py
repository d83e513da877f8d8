"""Activations: JAX's own functions where it has them with the node's numbers."""

import jax
import jax.numpy as jnp

from .elementwise import by_element
from .registry import operator

_PLAIN = {"HardSwish": jax.nn.hard_swish, "Mish": jax.nn.mish, "Relu": jax.nn.relu, "Sigmoid": jax.nn.sigmoid, "Softplus": jax.nn.softplus,
          "Softsign": jax.nn.soft_sign, "Tanh": jnp.tanh}
_WITH_ALPHA = {"Celu": (jax.nn.celu, 1.0), "Elu": (jax.nn.elu, 1.0), "LeakyRelu": (jax.nn.leaky_relu, 0.01)}


@by_element(*_PLAIN)
def plain(call):
    return _PLAIN[call.op](call.x(0))


@by_element(*_WITH_ALPHA)
def with_alpha(call):
    function, usual = _WITH_ALPHA[call.op]
    return function(call.x(0), float(call.attribute("alpha", usual)))


@by_element("Selu")
def selu(call):
    alpha = float(call.attribute("alpha", 1.67326319217681884765625))
    return float(call.attribute("gamma", 1.05070102214813232421875)) * jax.nn.elu(call.x(0), alpha)


@by_element("HardSigmoid")
def hard_sigmoid(call):
    return jnp.clip(float(call.attribute("alpha", 0.2)) * call.x(0) + float(call.attribute("beta", 0.5)), 0, 1)


@by_element("PRelu")
def prelu(call):
    return jnp.where(call.x(0) < 0, call.x(0) * call.x(1), call.x(0))


@by_element("ThresholdedRelu")
def thresholded_relu(call):
    return jnp.where(call.x(0) > float(call.attribute("alpha", 1.0)), call.x(0), 0)


@by_element("Shrink")
def shrink(call):
    x, bias, limit = call.x(0), float(call.attribute("bias", 0.0)), float(call.attribute("lambd", 0.5))
    return jnp.where(x < -limit, x + bias, jnp.where(x > limit, x - bias, 0))


@by_element("Gelu")
def gelu(call):
    return jax.nn.gelu(call.x(0), approximate=call.attribute("approximate", "none") == "tanh")


@by_element("Swish")
def swish(call):
    alpha, x = float(call.attribute("alpha", 1.0)), call.x(0)
    return jax.nn.silu(x) if alpha == 1 else x * jax.nn.sigmoid(alpha * x)


@operator("Hardmax")
def hardmax(call):
    x, axis = call.x(0), call.axis(-1)
    return jax.nn.one_hot(jnp.argmax(x, axis), x.shape[axis], dtype=x.dtype, axis=axis)
