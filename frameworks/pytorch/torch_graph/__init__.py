"""A graph of ONNX operators as PyTorch code: straight Python source with one call a node, as one would write it by hand."""

# They register their operators.
from . import (activations, attention, elementwise, image, indexing, layout, matrix, normalization, order, recurrent,  # noqa: F401
               reduction, rotary)
from .program import Program, build
from .registry import RULES

operators = RULES.names

__all__ = ["Program", "build", "operators"]
