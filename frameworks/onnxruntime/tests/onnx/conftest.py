"""ONNX files that the program writes, checked by the onnx package and run in ONNX Runtime."""

import os
import subprocess
import sys
from pathlib import Path

import onnx
import onnxruntime
import pytest

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests/onnx_nodes"))  # the standard's node tests as graphs, and our operators


class Program:
    def __init__(self, binary):
        self.binary = binary

    def run(self, *arguments):
        done = subprocess.run([str(self.binary), *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def session(path):
    """The model at `path` in ONNX Runtime on the CPU, after the standard's own check of it."""
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="session")
def program():
    named = os.environ.get("ASSAY_PROGRAM", ROOT / "build/release/assay")
    if not Path(named).is_file():
        pytest.skip(f"{named} is not built: set ASSAY_PROGRAM")
    return Program(named)
