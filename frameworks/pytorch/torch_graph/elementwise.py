"""Operators that work element by element."""

from functools import reduce

from .registry import operator
from .types import TORCH_TYPES

_UNARY = {
    "Abs": "torch.abs", "Cos": "torch.cos", "Erf": "torch.erf", "Exp": "torch.exp", "Log": "torch.log", "Neg": "torch.neg",
    "Not": "torch.logical_not", "Reciprocal": "torch.reciprocal", "Relu": "F.relu", "Sigmoid": "torch.sigmoid",
    "Sign": "torch.sign", "Sin": "torch.sin", "Sqrt": "torch.sqrt", "Tanh": "torch.tanh",
}
_INFIX = {
    "Add": "+", "Sub": "-", "Mul": "*", "And": "&", "Or": "|", "Xor": "^", "Equal": "==", "Greater": ">",
    "GreaterOrEqual": ">=", "Less": "<", "LessOrEqual": "<=",
}


@operator(*_UNARY)
def unary(call):
    return f"{_UNARY[call.op]}({call.x(0)})"


@operator(*_INFIX)
def infix(call):
    left, right = _one_number(call)
    return f"{left} {_INFIX[call.op]} {right}"


@operator("Div")
def div(call):
    if call.is_floating(0):
        left, right = _one_number(call)
        return f"{left} / {right}"
    return f"torch.div({call.x(0)}, {call.x(1)}, rounding_mode='trunc')"


@operator("Pow")
def power(call):
    result = f"torch.pow({call.x(0)}, {call.scalar(1)})"
    same = call.dtype(0) == call.dtype(1)
    return result if same else f"{result}.to({call.x(0)}.dtype)"


@operator("Max", "Min")
def extremum(call):
    function = {"Max": "torch.maximum", "Min": "torch.minimum"}[call.op]
    operands = [call.x(index) for index in range(len(call.node.inputs))]
    return reduce(lambda left, right: f"{function}({left}, {right})", operands)


@operator("Where")
def where(call):
    return f"torch.where({call.x(0)}, {call.x(1)}, {call.x(2)})"


@operator("Cast")
def cast(call):
    if call.attribute("to") not in TORCH_TYPES:
        call.refuse(f"no element type {call.attribute('to')}")
    return f"{call.x(0)}.to({TORCH_TYPES[call.attribute('to')]})"


@operator("Identity")
def identity(call):
    return call.x(0)


@operator("Gelu")
def gelu(call):
    return f"F.gelu({call.x(0)}, approximate={call.attribute('approximate', 'none')!r})"


@operator("Swish")
def swish(call):
    alpha = float(call.attribute("alpha", 1.0))
    return f"F.silu({call.x(0)})" if alpha == 1 else f"{call.x(0)} * torch.sigmoid({alpha!r} * {call.x(0)})"


def _one_number(call):
    """Both operands, one of them as a plain number where it is one."""
    left, right = call.x(0), call.scalar(1)
    if right == call.x(1):
        left = call.scalar(0)
    return left, right
