"""Puts the runner and the SDK on the path; without PyTorch there is nothing to test."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed in this Python")

FRAMEWORK = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FRAMEWORK), str(FRAMEWORK.parents[1] / "sdk" / "python")]
