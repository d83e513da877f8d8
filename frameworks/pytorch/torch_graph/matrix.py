"""Products of matrices."""

from .registry import operator


@operator("Linear")
def linear(call):
    return f"F.linear({call.x(0)}, {call.x(1)}, {call.x(2)})" if call.given(2) else f"F.linear({call.x(0)}, {call.x(1)})"


@operator("MatMul")
def matmul(call):
    return f"torch.matmul({call.x(0)}, {call.x(1)})"


@operator("Gemm")
def gemm(call):
    alpha, beta = float(call.attribute("alpha", 1.0)), float(call.attribute("beta", 1.0))
    a = call.x(0) + (".t()" if call.attribute("transA", 0) else "")
    if call.attribute("transB", 0) and alpha == beta == 1 and (not call.given(2) or call.rank(2) == 1):
        return f"F.linear({a}, {call.x(1)}, {call.x(2)})"
    b = call.x(1) + (".t()" if call.attribute("transB", 0) else "")
    if call.given(2):
        return f"torch.addmm({call.x(2)}, {a}, {b}, beta={beta!r}, alpha={alpha!r})"
    return f"torch.mm({a}, {b})" + ("" if alpha == 1 else f" * {alpha!r}")


@operator("Einsum")
def einsum(call):
    operands = ", ".join(call.x(index) for index in range(len(call.node.inputs)))
    return f"torch.einsum({call.attribute('equation')!r}, {operands})"
