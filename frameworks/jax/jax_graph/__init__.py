"""A graph of ONNX operators as one function on JAX arrays, as one would write it by hand: it is traced once, and XLA compiles it."""

# They register their operators.
from . import attention, elementwise, image, indexing, layout, matrix, normalization, pooling, reduction, resize, rotary  # noqa: F401
from .program import Program, build
from .registry import RULES

operators = RULES.names

__all__ = ["Program", "build", "operators"]
