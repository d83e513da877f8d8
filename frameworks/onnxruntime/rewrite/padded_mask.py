"""Attention with a mask shorter than the keys -> Pad of the mask, for which the missing keys are hidden; the runtime wants it whole."""

import numpy
from onnx import helper

from .program import attributes


def use_padded_mask(program):
    """masks padded to the keys"""
    found = [node for node in program.nodes if node.op_type == "Attention" and len(node.input) > 3 and node.input[3]]
    return sum(_pad(program, node) for node in found)


def _pad(program, node):
    mask, past = program.value(node.input[3]), program.shape(node.input[4]) if len(node.input) > 4 else None
    keys = program.shape(node.input[1])[-2] + (past[-2] if past else 0)
    if mask is None or mask.shape[-1] == keys:  # None: a rule made it, as long as the keys
        return False
    hidden = numpy.array(False) if mask.dtype == "BOOL" else numpy.array(-numpy.inf, numpy.float32)
    widths = numpy.zeros(2 * len(mask.shape), numpy.int64)
    widths[-1] = keys - mask.shape[-1]
    inputs = [mask.name, program.add_constant(f"widths {widths.tolist()}", widths), program.add_constant(f"hidden {mask.dtype}", hidden)]
    padded = f"{mask.name} for {node.name}"
    whole = helper.make_node("Attention", [*node.input[:3], padded, *node.input[4:]], node.output, name=node.name, **attributes(node))
    program.replace([node], helper.make_node("Pad", inputs, [padded], name=padded), whole)
    return True
