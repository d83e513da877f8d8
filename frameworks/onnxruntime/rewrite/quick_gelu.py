"""Swish -> QuickGelu, the same function; Swish itself is taken apart into four operators by the runtime."""

from onnx import helper

from .program import FUSED, attributes


def use_quick_gelu(program):
    """Swish as QuickGelu"""
    found = [node for node in program.nodes if node.op_type == "Swish"]
    for node in found:
        alpha = attributes(node).get("alpha", 1.0)
        program.replace([node], helper.make_node("QuickGelu", node.input, node.output, name=node.name, domain=FUSED, alpha=alpha))
    return len(found)
