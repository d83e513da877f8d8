"""What llama.cpp cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it, and libllama still has no
architecture of that name, or no such function in its header; when a test here fails, llama.cpp has learnt something and the runner
should use it."""

import json
import re
import struct
from pathlib import Path

import numpy
import pytest
from drive import write_inputs

FOLDER = Path(__file__).resolve().parents[1] / "unsupported"
GRAPHS = sorted(path.stem for path in FOLDER.glob("*.json"))
ARCHITECTURES = ["foreign_operator", "part_of_a_model"]


def files(name, folder):
    graph = json.loads((FOLDER / f"{name}.json").read_text())
    tensors = {role: {value["name"]: numpy.zeros(value["shape"], numpy.int64 if value["dtype"] == "I64" else numpy.float32)
                      for value in graph["values"] if value["role"] == role} for role in ("parameter", "input")}
    return write_inputs(folder, graph, tensors["parameter"], tensors["input"])


def gguf(architecture, path):
    """A file whose only key is its architecture, a string (type 8)."""
    text = [part.encode() for part in ("general.architecture", architecture)]
    key, value = (struct.pack("<Q", len(part)) + part for part in text)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key + struct.pack("<I", 8) + value)
    return str(path)


def test_every_graph_has_its_attempt():
    assert GRAPHS == sorted([*ARCHITECTURES, "gradient"])


@pytest.mark.parametrize("name", GRAPHS)
def test_refused_by_the_runner(client, tmp_path, name):
    error = client().load(files(name, tmp_path), gradients=name == "gradient")["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator") and error["message"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_architecture_of_libllama(client, tmp_path, name):
    folder = files(name, tmp_path)
    error = client().load(folder, gguf=gguf(name, folder / "model.gguf"))["error"]
    assert error["outcome"] == "failed" and "could not load" in error["message"]


def test_libllama_gives_no_gradients(runner):
    """It can train: llama_opt_epoch changes the weights, and keeps the gradients to itself."""
    header = (Path((runner.parent / "libraries.txt").read_text().strip()) / "include/llama.h").read_text()
    assert "llama_opt_epoch(" in header
    assert not re.search(r"\bllama_\w*grad\w*\(", header)
