"""A graph of ONNX operators as PyTorch code: straight Python source with one call a node, as one would write it by hand."""

from . import elementwise, image, indexing, layout, matrix, normalization, reduction  # noqa: F401 (they register operators)
from .program import Program, build
from .registry import Cannot, operators

__all__ = ["Cannot", "Program", "build", "operators"]
