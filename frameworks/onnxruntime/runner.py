#!/usr/bin/env python3
"""Assay's runner for ONNX Runtime: a graph's ONNX file with the runtime's own fused operators, or the gradient graph of a training step."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402  (it takes the pipe; ONNX Runtime comes after)


def make_runner():
    from onnxruntime_runner import OnnxRuntimeRunner

    return OnnxRuntimeRunner()


if __name__ == "__main__":
    assay_runner.main(make_runner)
