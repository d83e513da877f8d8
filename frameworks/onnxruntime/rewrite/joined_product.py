"""Products of one row with several weights -> one product, where the weights lie one after the other in the weights file, so that
together they are one matrix without a copy. Attention takes query, key and value as they come out of it; others are split.

With more rows the splitting costs more than the fewer products save.
"""

import math

import numpy
from onnx import helper

from .program import FUSED, attributes


def use_joined_product(program):
    """products of one input joined"""
    groups = {}
    for node in program.nodes:
        if node.op_type == "FusedMatMul" and program.extent(node.input[1]) and _is_row(program, node.input[0]):
            groups.setdefault(node.input[0], []).append(node)
    return sum(_join(program, group) for group in groups.values())


def _is_row(program, name):
    shape = program.shape(name)
    return shape is not None and math.prod(shape[:-1]) == 1


def _join(program, group):
    group = sorted(group, key=lambda node: program.extent(node.input[1]).offset)
    weights, outputs = [node.input[1] for node in group], [node.output[0] for node in group]
    name = program.add_joined_weight(weights) if len(group) > 1 else None
    if name is None:
        return False
    joined = outputs[0] + ".joined"
    product = helper.make_node("FusedMatMul", [group[0].input[0], name], [joined], name=joined, domain=FUSED, transB=1)
    attention = _attention_of(program, outputs)
    if attention is None:
        program.replace(group, product, _split(program, joined, weights, outputs))
        return True
    packed = helper.make_node("GroupQueryAttention", [joined, "", "", *attention.input[3:]], attention.output, name=attention.name,
                              domain=FUSED, **attributes(attention))
    if program.is_output(outputs[2]):
        program.cache_rows[outputs[2]] = (attention.input[4], program.shape(outputs[2]))
    program.replace([*group, attention], product, packed)
    return True


def _attention_of(program, outputs):
    """The attention on a cache that alone reads the outputs, as its query, key and value; else None."""
    readers = [program.readers(name) for name in outputs]
    one = readers[0][0] if readers[0] else None
    fits = one is not None and one.op_type == "GroupQueryAttention" and list(one.input[:3]) == outputs
    alone = fits and all(reader == [one] for reader in readers) and one.input[4] in program.caches
    return one if alone and not any(program.is_output(name) for name in outputs[:2]) else None


def _split(program, joined, weights, outputs):
    rows = [program.shape(weight)[0] for weight in weights]
    sizes = program.add_constant(f"sizes {rows}", numpy.array(rows))
    return helper.make_node("Split", [joined, sizes], outputs, name=joined + ".split", axis=-1)
