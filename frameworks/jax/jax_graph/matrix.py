"""Products of matrices."""

import jax.numpy as jnp
from jax import lax

from .registry import operator


@operator("Linear")
def linear(call):
    x, weight = call.x(0), call.x(1)
    y = lax.dot_general(x, weight, (((x.ndim - 1,), (1,)), ((), ())))
    return y + call.x(2) if call.given(2) else y


@operator("MatMul")
def matmul(call):
    return jnp.matmul(call.x(0), call.x(1))


@operator("Gemm")
def gemm(call):
    alpha, beta = float(call.attribute("alpha", 1.0)), float(call.attribute("beta", 1.0))
    a, b = call.x(0), call.x(1)
    product = jnp.matmul(a.T if call.attribute("transA", 0) else a, b.T if call.attribute("transB", 0) else b)
    product = product if alpha == 1 else (product * alpha).astype(a.dtype)
    if not call.given(2):
        return product
    return product + (call.x(2) if beta == 1 else (call.x(2) * beta).astype(a.dtype))


@operator("Einsum")
def einsum(call):
    return jnp.einsum(call.attribute("equation"), *(call.x(index) for index in range(len(call.node.inputs))))
