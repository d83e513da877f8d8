"""Makes assay_runner importable from its place beside the tests, and gives a client that speaks to a runner over real pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

GRAPH = {
    "assay_graph": 1,
    "name": "scale",
    "values": [
        {"name": "x", "dtype": "F32", "shape": [2, 3], "role": "input"},
        {"name": "w", "dtype": "F32", "shape": [3], "role": "parameter", "trainable": True, "init": {"mean": 0, "std": 1}},
        {"name": "axes", "dtype": "I64", "shape": [2], "role": "constant", "data": [0, 1]},
        {"name": "y", "dtype": "F32", "shape": [2, 3], "role": "computed"},
        {"name": "loss", "dtype": "F32", "shape": [], "role": "computed"},
    ],
    "nodes": [
        {"name": "scale", "op": "Mul", "inputs": ["x", "w"], "outputs": ["y"], "attributes": {}},
        {"name": "sum", "op": "ReduceSum", "inputs": ["y", "axes"], "outputs": ["loss"], "attributes": {"keepdims": 0}},
    ],
    "outputs": ["loss"],
}


class Client:
    """Starts a runner's program and speaks the protocol to it."""

    def __init__(self, program):
        environment = dict(os.environ, PYTHONPATH=str(HERE.parent))
        self.process = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        )
        self.next_id = 0

    def send_line(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, method, params=None):
        self.next_id += 1
        reply = self.send_line(json.dumps({"assay": 2, "id": self.next_id, "method": method, "params": params or {}}).encode())
        assert reply["assay"] == 2 and reply["id"] == self.next_id
        return reply

    def finish(self):
        """Closes the pipe; returns (exit status, what was left on stdout, stderr)."""
        output, errors = self.process.communicate(timeout=20)
        return self.process.returncode, output, errors.decode()


@pytest.fixture
def client():
    made = []

    def make():
        made.append(Client(HERE / "fake_runner.py"))
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def load_params(tmp_path):
    """Params of a load request for GRAPH, its files written."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    save_file({"w": numpy.array([1, 2, 3], numpy.float32)}, tmp_path / "weights.safetensors")
    return {
        "graph": str(tmp_path / "graph.json"), "weights": str(tmp_path / "weights.safetensors"), "state": None, "onnx": None, "gguf": None,
        "gradients": True, "variant": "plain", "device": "cpu", "precision": "f32", "threads": 2, "cache": str(tmp_path),
    }


@pytest.fixture
def input_params(tmp_path):
    """input_params(1, 2): params of an inputs request with a set full of ones and one of twos; the file is gone after the answer."""

    def write(*numbers):
        path = tmp_path / "inputs.safetensors"
        save_file({"x": numpy.stack([numpy.full((2, 3), number, numpy.float32) for number in numbers])}, path)
        return {"path": str(path), "sets": len(numbers)}

    return write
