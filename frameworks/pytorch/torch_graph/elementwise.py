"""Operators that work element by element."""

from functools import reduce

from .call import literal
from .registry import operator
from .types import TORCH_TYPES

_UNARY = {
    "Abs": "torch.abs", "Acos": "torch.acos", "Acosh": "torch.acosh", "Asin": "torch.asin", "Asinh": "torch.asinh", "Atan": "torch.atan",
    "Atanh": "torch.atanh", "Ceil": "torch.ceil", "Cos": "torch.cos", "Cosh": "torch.cosh", "Erf": "torch.erf", "Exp": "torch.exp",
    "Floor": "torch.floor", "IsNaN": "torch.isnan", "Log": "torch.log", "Neg": "torch.neg", "Not": "torch.logical_not",
    "Reciprocal": "torch.reciprocal", "Round": "torch.round", "Sign": "torch.sign", "Sin": "torch.sin", "Sinh": "torch.sinh", "Sqrt": "torch.sqrt",
    "Tan": "torch.tan",
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


@operator("Clip")
def clip(call):
    """Limits that are known are plain numbers."""
    limits = [index for index in (1, 2) if call.given(index)]
    known = all(call.data(index) is not None for index in limits)
    words = {1: "min", 2: "max"}
    arguments = [f"{words[index]}={literal(call.data(index).reshape(()).item())}" if known else f"{words[index]}={call.x(index)}.reshape(())"
                 for index in limits]
    return f"torch.clamp({', '.join([call.x(0), *arguments])})" if limits else call.x(0)


@operator("Mod")
def mod(call):
    return f"torch.{'fmod' if call.attribute('fmod', 0) else 'remainder'}({call.x(0)}, {call.x(1)})"


@operator("Sum", "Mean")
def total(call):
    count = len(call.node.inputs)
    together = " + ".join(call.x(index) for index in range(count))
    return together if call.op == "Sum" or count == 1 else f"({together}) / {count}"


@operator("IsInf")
def is_inf(call):
    positive, negative = call.attribute("detect_positive", 1), call.attribute("detect_negative", 1)
    if positive and negative:
        return f"torch.isinf({call.x(0)})"
    if not positive and not negative:
        return f"torch.zeros_like({call.x(0)}, dtype=torch.bool)"
    return f"torch.{'isposinf' if positive else 'isneginf'}({call.x(0)})"


def _one_number(call):
    """Both operands, one of them as a plain number where it is one."""
    left, right = call.x(0), call.scalar(1)
    if right == call.x(1):
        left = call.scalar(0)
    return left, right
