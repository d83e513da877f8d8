"""A graph of ONNX operators as one function on JAX arrays, as one would write it by hand: it is traced once, and XLA compiles it."""

# They register their operators.
from . import (activations, attention, elementwise, image, indexing, layout, matrix, normalization, order, pooling,  # noqa: F401
               recurrent, reduction, resize, rotary, sampling)
from .program import Program, build
from .registry import RULES

operators = RULES.names

__all__ = ["Program", "build", "operators"]
