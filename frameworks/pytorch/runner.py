#!/usr/bin/env python3
"""Assay's runner for PyTorch: eager execution, torch.compile, and CUDA graphs where there is CUDA."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402  (it takes the pipe; PyTorch comes after)


def make_runner():
    os.environ.pop("ONEDNN_DEFAULT_FPMATH_MODE", None)  # would let float32 products run in bfloat16
    from pytorch_runner import PyTorchRunner

    return PyTorchRunner()


if __name__ == "__main__":
    assay_runner.main(make_runner)
