"""The ONNX file as an expert of ONNX Runtime would write it: standard operators replaced by the runtime's fused ones, and what the
runtime does not compute as the standard says put in a way that it does.

Each rule is a function that takes a Program, replaces what it recognises, and returns how often. The result computes the same
values; a rule leaves alone whatever it does not fully recognise.
"""

import onnx

from .aligned_corners import use_aligned_corners
from .cached_attention import use_cached_attention
from .direct_product import use_direct_product
from .joined_product import use_joined_product
from .moving_attention import use_moving_attention
from .padded_mask import use_padded_mask
from .program import Program
from .quick_gelu import use_quick_gelu
from .skip_norm import use_skip_norm
from .steps_first import use_steps_first
from .whole_mask import use_whole_mask

RULES = (use_direct_product, use_cached_attention, use_moving_attention, use_joined_product, use_skip_norm, use_quick_gelu, use_whole_mask, use_padded_mask,
         use_aligned_corners, use_steps_first)
RULES_OF_CONSTANT_WEIGHTS = (use_joined_product,)


def rewritten(path, graph, variable_weights):
    """The model at `path`, whose graph in Assay's own form is `graph`, rewritten; with `variable_weights`, weights are inputs that
    have the weights file as their default, and so are no constants to the runtime."""
    program = Program(onnx.load(str(path), load_external_data=False), graph)
    for rule in RULES:
        count = 0 if variable_weights and rule in RULES_OF_CONSTANT_WEIGHTS else rule(program)
        if count:
            program.notes.append(f"{rule.__doc__.split(':')[0]} {count} times")
    if variable_weights:
        program.make_weights_variable()
    return program
