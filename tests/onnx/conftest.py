"""ONNX files that the program writes, checked by the onnx package and run in ONNX Runtime."""

import os
import re
import subprocess
import sys
from pathlib import Path

import onnx
import onnxruntime
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/onnx_nodes"))  # generate.py: the standard's node tests as graphs


def operators():
    """The rows of the table in docs/operators.md by their first cell, the operator's name."""
    lines = (ROOT / "docs/operators.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-Z]\w+ \|", line)]
    return {row[0]: row for row in rows if row[0] != "Operator"}


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
