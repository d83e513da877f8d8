"""Convolutions over images. Spatial dimensions are those from 2 on; images lie channels last, and their bias is added to the last axis."""

import jax.numpy as jnp
from assay_runner.windows import Windows
from jax import lax

from . import channels_last
from .registry import operator


def _space(rank):
    return "DHW"[-rank:] if rank <= 3 else "".join(chr(ord("a") + place) for place in range(rank))


def _with_bias(call, y):
    return channels_last.image(y + call.x(2) if call.given(2) else y)


@operator("Conv")
def conv(call):
    windows = Windows(call, call.shape(1)[2:])
    space = _space(windows.rank)
    y = lax.conv_general_dilated(
        call.image(0), call.filters(1), windows.strides, list(zip(windows.before, windows.after)), rhs_dilation=windows.dilations,
        dimension_numbers=(f"N{space}C", f"{space}IO", f"N{space}C"), feature_group_count=call.attribute("group", 1))
    return _with_bias(call, y)


@operator("ConvTranspose")
def conv_transpose(call):
    """The gradient of a convolution by its input: one over the input with holes, by the kernel turned round."""
    if call.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        call.refuse("auto_pad that depends on the output's shape")
    windows = Windows(call, call.shape(1)[2:])
    extra = call.attribute("output_padding", [0] * windows.rank)
    reach = [(kernel - 1) * dilation for kernel, dilation in zip(windows.kernel, windows.dilations)]
    padding = [(length - before, length - after + more)
               for length, before, after, more in zip(reach, windows.before, windows.after, extra)]
    groups, space = call.attribute("group", 1), _space(windows.rank)
    inputs, outputs, *kernel = call.shape(1)
    weight = jnp.reshape(call.x(1), (groups, inputs // groups, outputs, *kernel)).swapaxes(1, 2)
    weight = jnp.flip(jnp.reshape(weight, (groups * outputs, inputs // groups, *kernel)), tuple(range(2, 2 + windows.rank)))
    y = lax.conv_general_dilated(
        call.image(0), weight, (1,) * windows.rank, padding, lhs_dilation=windows.strides, rhs_dilation=windows.dilations,
        dimension_numbers=(f"N{space}C", f"OI{space}", f"N{space}C"), feature_group_count=groups)
    return _with_bias(call, y)
