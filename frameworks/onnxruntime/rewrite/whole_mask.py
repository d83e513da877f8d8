"""Attention with a mask that has one row for all queries -> Expand of the mask; the runtime wants a row for each."""

import numpy
from onnx import helper

from .program import attributes


def use_whole_mask(program):
    """masks with a row for each query"""
    found = [node for node in program.nodes if node.op_type == "Attention" and len(node.input) > 3 and node.input[3]]
    return sum(_expand(program, node) for node in found)


def _expand(program, node):
    mask, query = program.value(node.input[3]), program.shape(node.input[0])
    if mask is None or len(query) != 4 or len(mask.shape) < 2 or mask.shape[-2] == query[-2]:
        return False
    shape = numpy.array([*mask.shape[:-2], query[-2], mask.shape[-1]], numpy.int64)
    whole = f"{mask.name} for {node.name}"
    expand = helper.make_node("Expand", [mask.name, program.add_constant(f"shape {shape.tolist()}", shape)], [whole], name=whole)
    attention = helper.make_node("Attention", [*node.input[:3], whole, *node.input[4:]], node.output, name=node.name, **attributes(node))
    program.replace([node], expand, attention)
    return True
