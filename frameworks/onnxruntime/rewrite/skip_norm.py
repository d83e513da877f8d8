"""Add, then RMSNormalization of the sum -> SkipSimplifiedLayerNormalization, which gives both."""

from onnx import helper

from .program import FUSED, attributes


def use_skip_norm(program):
    """fused Add and RMSNormalization"""
    norms = [node for node in program.nodes if node.op_type == "RMSNormalization"]
    return sum(_fuse(program, norm) for norm in norms)


def _fuse(program, norm):
    add, shape = program.maker(norm.input[0]), program.shape(norm.input[0])
    settings = attributes(norm)
    last = shape is not None and settings.get("axis", -1) in (-1, len(shape) - 1)
    if add is None or add.op_type != "Add" or not last or len(shape) not in (2, 3):
        return False
    if any(program.shape(name) != shape for name in add.input) or len(program.shape(norm.input[1]) or ()) != 1:
        return False
    total = add.output[0]
    read = program.is_output(total) or len(program.readers(total)) > 1
    fused = helper.make_node(
        "SkipSimplifiedLayerNormalization", [*add.input, norm.input[1]], [norm.output[0]] + (["", "", total] if read else []),
        name=norm.name, domain=FUSED, epsilon=settings.get("epsilon", 1e-5),
    )
    program.replace([add, norm], fused)
    return True
