"""Puts the runner and the SDK on the path; without ONNX Runtime there is nothing to test."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed in this Python")

FRAMEWORK = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FRAMEWORK), str(FRAMEWORK.parents[1] / "sdk" / "python")]
