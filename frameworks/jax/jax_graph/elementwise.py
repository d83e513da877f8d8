"""Operators that work element by element."""

from functools import reduce

import jax
import jax.numpy as jnp
from jax import lax

from .call import TYPES
from .registry import operator

_UNARY = {
    "Abs": jnp.abs, "Cos": jnp.cos, "Erf": lax.erf, "Exp": jnp.exp, "Log": jnp.log, "Neg": jnp.negative, "Not": jnp.logical_not,
    "Reciprocal": jnp.reciprocal, "Relu": jax.nn.relu, "Sigmoid": jax.nn.sigmoid, "Sign": jnp.sign, "Sin": jnp.sin, "Sqrt": jnp.sqrt,
    "Tanh": jnp.tanh,
}
_BINARY = {
    "Add": jnp.add, "Sub": jnp.subtract, "Mul": jnp.multiply, "And": jnp.logical_and, "Or": jnp.logical_or, "Xor": jnp.logical_xor,
    "Equal": jnp.equal, "Greater": jnp.greater, "GreaterOrEqual": jnp.greater_equal, "Less": jnp.less, "LessOrEqual": jnp.less_equal,
}


@operator(*_UNARY)
def unary(call):
    return _UNARY[call.op](call.x(0))


@operator(*_BINARY)
def binary(call):
    return _BINARY[call.op](call.x(0), call.x(1))


@operator("Div")
def div(call):
    if call.is_floating(0):
        return jnp.divide(call.x(0), call.x(1))
    return lax.div(*(jnp.broadcast_to(call.x(index), call.result_shape()) for index in (0, 1)))  # towards zero


@operator("Pow")
def power(call):
    x, exponent, known = call.x(0), call.x(1), call.data(1)
    if known is not None and known.size == 1 and known.ndim <= call.rank(0) and float(known.reshape(())).is_integer():
        return jnp.power(x, int(known.reshape(()))).astype(x.dtype)
    if jnp.issubdtype(exponent.dtype, jnp.floating) and not call.is_floating(0):
        return jnp.power(x.astype(exponent.dtype), exponent).astype(x.dtype)
    return jnp.power(x, exponent).astype(x.dtype)


@operator("Max", "Min")
def extremum(call):
    function = {"Max": jnp.maximum, "Min": jnp.minimum}[call.op]
    return reduce(function, [call.x(index) for index in range(len(call.node.inputs))])


@operator("Where")
def where(call):
    return jnp.where(call.x(0), call.x(1), call.x(2))


@operator("Cast")
def cast(call):
    code = call.attribute("to")
    if code not in TYPES:
        call.refuse(f"no element type {code}")
    return jnp.asarray(call.x(0)).astype(TYPES[code])


@operator("Identity")
def identity(call):
    return call.x(0)


@operator("Gelu")
def gelu(call):
    return jax.nn.gelu(call.x(0), approximate=call.attribute("approximate", "none") == "tanh")


@operator("Swish")
def swish(call):
    alpha, x = float(call.attribute("alpha", 1.0)), call.x(0)
    return jax.nn.silu(x) if alpha == 1 else x * jax.nn.sigmoid(alpha * x)
