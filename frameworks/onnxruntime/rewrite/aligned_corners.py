"""Resize by scales with aligned corners -> Resize of a region, where a scale times a size is no whole number.

The standard measures by that number, the runtime by the size that it is rounded down to. A region that ends where the standard reads
the last element of the result gives the standard's places.
"""

import numpy
from onnx import helper

from .program import attributes


def use_aligned_corners(program):
    """corners aligned as the standard has it"""
    found = [node for node in program.nodes if node.op_type == "Resize"]
    return sum(_replace(program, node) for node in found)


def _replace(program, node):
    settings, scales = attributes(node), program.constant(node.input[2]) if len(node.input) == 3 else None
    if settings.get("coordinate_transformation_mode") != b"align_corners" or scales is None:
        return False
    lengths = scales.astype(numpy.float64) * program.shape(node.input[0])
    if (lengths == numpy.floor(lengths)).all():
        return False
    ends = [_end(numpy.floor(length), length) for length in lengths]
    region = program.add_constant(f"region of {node.name}", numpy.array([0.0] * len(ends) + ends, numpy.float32))
    settings["coordinate_transformation_mode"] = "tf_crop_and_resize"
    resized = helper.make_node("Resize", [node.input[0], region, node.input[2]], node.output, name=node.name, **settings)
    program.replace([node], resized)
    return True


def _end(size, length):
    """Where the last element of the result is read, as a share of the axis; a single one is the first."""
    return (size - 1) / (length - 1) if size > 1 else 0.0
