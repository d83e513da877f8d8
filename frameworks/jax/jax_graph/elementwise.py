"""Operators that work element by element."""

from functools import reduce

import jax.numpy as jnp
from jax import lax

from . import channels_last
from .call import TYPES
from .registry import operator

_UNARY = {
    "Abs": jnp.abs, "Acos": jnp.arccos, "Acosh": jnp.arccosh, "Asin": jnp.arcsin, "Asinh": jnp.arcsinh, "Atan": jnp.arctan, "Atanh": jnp.arctanh,
    "Ceil": jnp.ceil, "Cos": jnp.cos, "Cosh": jnp.cosh, "Erf": lax.erf, "Exp": jnp.exp, "Floor": jnp.floor, "IsNaN": jnp.isnan, "Log": jnp.log,
    "Neg": jnp.negative, "Not": jnp.logical_not, "Reciprocal": jnp.reciprocal, "Round": jnp.round, "Sign": jnp.sign, "Sin": jnp.sin,
    "Sinh": jnp.sinh, "Sqrt": jnp.sqrt, "Tan": jnp.tan,
}
_BINARY = {
    "Add": jnp.add, "Sub": jnp.subtract, "Mul": jnp.multiply, "And": jnp.logical_and, "Or": jnp.logical_or, "Xor": jnp.logical_xor,
    "Equal": jnp.equal, "Greater": jnp.greater, "GreaterOrEqual": jnp.greater_equal, "Less": jnp.less, "LessOrEqual": jnp.less_equal,
}


def by_element(*names):
    """Registers the rule of operators that work element by element: of images with channels last they make another such."""

    def register(rule):
        def either(call):
            images = call.of_images()
            return channels_last.image(rule(images)) if images else rule(call)

        return operator(*names)(either)

    return register


@by_element(*_UNARY)
def unary(call):
    return _UNARY[call.op](call.x(0))


@by_element(*_BINARY)
def binary(call):
    return _BINARY[call.op](call.x(0), call.x(1))


@by_element("Div")
def div(call):
    if call.is_floating(0):
        return jnp.divide(call.x(0), call.x(1))
    return lax.div(*jnp.broadcast_arrays(call.x(0), call.x(1)))  # towards zero


@by_element("Pow")
def power(call):
    x, exponent, known = call.x(0), call.x(1), call.data(1)
    if known is not None and known.size == 1 and known.ndim <= call.rank(0) and float(known.reshape(())).is_integer():
        return jnp.power(x, int(known.reshape(()))).astype(x.dtype)
    if jnp.issubdtype(exponent.dtype, jnp.floating) and not call.is_floating(0):
        return jnp.power(x.astype(exponent.dtype), exponent).astype(x.dtype)
    return jnp.power(x, exponent).astype(x.dtype)


@by_element("Max", "Min")
def extremum(call):
    function = {"Max": jnp.maximum, "Min": jnp.minimum}[call.op]
    return reduce(function, [call.x(index) for index in range(len(call.node.inputs))])


@by_element("Where")
def where(call):
    return jnp.where(call.x(0), call.x(1), call.x(2))


@by_element("Cast")
def cast(call):
    code = call.attribute("to")
    if code not in TYPES:
        call.refuse(f"no element type {code}")
    return jnp.asarray(call.x(0)).astype(TYPES[code])


@by_element("Identity")
def identity(call):
    return call.x(0)


@by_element("Clip")
def clip(call):
    """First the lower limit, then the upper one."""
    result = call.x(0)
    for index, function in ((1, jnp.maximum), (2, jnp.minimum)):
        if call.given(index):
            result = function(result, call.x(index).reshape(()))
    return result


@by_element("Mod")
def mod(call):
    return (jnp.fmod if call.attribute("fmod", 0) else jnp.remainder)(call.x(0), call.x(1))


@by_element("Sum", "Mean")
def total(call):
    count = len(call.node.inputs)
    together = reduce(jnp.add, [call.x(index) for index in range(count)])
    return together if call.op == "Sum" or count == 1 else together / count


@by_element("IsInf")
def is_inf(call):
    positive, negative = (bool(call.attribute("detect_" + side, 1)) for side in ("positive", "negative"))
    return (jnp.isposinf(call.x(0)) & positive) | (jnp.isneginf(call.x(0)) & negative)
