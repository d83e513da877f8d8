"""What ggml cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it, and ggml still aborts when the
runner is made to try; when a test here fails, ggml has learnt something and the runner should use it."""

import json
import signal
from pathlib import Path

import numpy
import pytest
from drive import Died, write_inputs

GRAPHS = sorted((Path(__file__).resolve().parents[1] / "unsupported").glob("*.json"))


def files(path, folder):
    graph = json.loads(path.read_text())
    tensors = {role: {value["name"]: numpy.ones(value["shape"], numpy.float32) for value in graph["values"] if value["role"] == role}
               for role in ("parameter", "input")}
    return graph, write_inputs(folder, graph, tensors["parameter"], tensors["input"])


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_refused_by_the_runner(client, tmp_path, path):
    graph, folder = files(path, tmp_path)
    error = client().load(folder, gradients=True)["error"]
    assert error["reason"] == "operator"
    assert [node["node"] for node in error["nodes"]] == [graph["nodes"][0]["name"]]


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_ggml_aborts(client, tmp_path, path):
    _, folder = files(path, tmp_path)
    runner = client({"ASSAY_GGML_UNSCREENED": "1"})
    with pytest.raises(Died) as died:
        runner.load(folder, gradients=True)
        runner.ask("steps", {"sets": [0]})
    assert died.value.code == -signal.SIGABRT
