"""Activations: PyTorch's own functions where it has them with the node's numbers."""

import numpy

from .registry import operator

_PLAIN = {"HardSwish": "F.hardswish", "Mish": "F.mish", "Relu": "F.relu", "Sigmoid": "torch.sigmoid", "Softplus": "F.softplus",
          "Softsign": "F.softsign", "Tanh": "torch.tanh"}
_WITH_ALPHA = {"Celu": ("F.celu", 1.0), "Elu": ("F.elu", 1.0), "LeakyRelu": ("F.leaky_relu", 0.01)}
_SELU = {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}


@operator(*_PLAIN)
def plain(call):
    return f"{_PLAIN[call.op]}({call.x(0)})"


@operator(*_WITH_ALPHA)
def with_alpha(call):
    function, usual = _WITH_ALPHA[call.op]
    return f"{function}({call.x(0)}, {float(call.attribute('alpha', usual))!r})"


@operator("Selu")
def selu(call):
    alpha, gamma = (float(call.attribute(name, usual)) for name, usual in _SELU.items())
    usual = numpy.allclose((alpha, gamma), tuple(_SELU.values()), rtol=1e-6)
    return f"F.selu({call.x(0)})" if usual else f"{gamma!r} * F.elu({call.x(0)}, {alpha!r})"


@operator("HardSigmoid")
def hard_sigmoid(call):
    alpha, beta = float(call.attribute("alpha", 0.2)), float(call.attribute("beta", 0.5))
    if beta == 0.5 and abs(6 * alpha - 1) < 1e-6:
        return f"F.hardsigmoid({call.x(0)})"
    return f"torch.clamp({alpha!r} * {call.x(0)} + {beta!r}, 0, 1)"


@operator("PRelu")
def prelu(call):
    """PyTorch's has a slope for each channel, or one for all."""
    x, slope = call.shape(0), call.shape(1)
    aligned = (1,) * (len(x) - len(slope)) + tuple(slope)
    if call.is_floating(0) and len(x) > 1 and aligned == (1, x[1], *(1,) * (len(x) - 2)):
        return f"F.prelu({call.x(0)}, {call.x(1)}.reshape(-1))"
    return f"torch.where({call.x(0)} < 0, {call.x(0)} * {call.x(1)}, {call.x(0)})"


@operator("ThresholdedRelu")
def thresholded_relu(call):
    return f"F.threshold({call.x(0)}, {float(call.attribute('alpha', 1.0))!r}, 0.0)"


@operator("Shrink")
def shrink(call):
    bias, limit = float(call.attribute("bias", 0.0)), float(call.attribute("lambd", 0.5))
    if bias in (0, limit):
        return f"F.{'softshrink' if bias else 'hardshrink'}({call.x(0)}, {limit!r})"
    x = call.x(0)
    return f"torch.where({x} < {-limit!r}, {x} + {bias!r}, torch.where({x} > {limit!r}, {x} - {bias!r}, torch.zeros_like({x})))"


@operator("Gelu")
def gelu(call):
    return f"F.gelu({call.x(0)}, approximate={call.attribute('approximate', 'none')!r})"


@operator("Swish")
def swish(call):
    alpha = float(call.attribute("alpha", 1.0))
    return f"F.silu({call.x(0)})" if alpha == 1 else f"{call.x(0)} * torch.sigmoid({alpha!r} * {call.x(0)})"


@operator("Hardmax")
def hardmax(call):
    axis = call.axis(-1)
    return f"F.one_hot({call.x(0)}.argmax({axis}), {call.shape(0)[axis]}).movedim(-1, {axis}).to({call.x(0)}.dtype)"
