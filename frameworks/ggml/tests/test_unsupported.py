"""What ggml cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it, and ggml still aborts when the
runner is made to try, or has no such function in its header; when a test here fails, ggml has learnt something and the runner should
use it."""

import json
import re
import signal
from pathlib import Path

import numpy
import pytest
from drive import Died, write_inputs

GRAPHS = sorted((Path(__file__).resolve().parents[1] / "unsupported").glob("*.json"))
BACKWARD = [path for path in GRAPHS if path.stem.startswith("gradient_of_")]
# What would have to be in ggml.h.
ABSENT = {"erf": r"\bggml_erf\(", "max_pool_of_volumes": r"\bggml_pool_3d\(|#define GGML_MAX_DIMS +[5-9]",
          "max_pool_with_indices": r"\bggml_pool_2d_(indices|arg)\w*\(", "pow_of_two_tensors": r"\bggml_pow\w*\(",
          "mod_of_floats": r"\bggml_(fmod|mod|remainder)\w*\(", "scatter_max": r"\bggml_(scatter|set_rows_(max|min|mul))\w*\("}


def files(path, folder):
    graph = json.loads(path.read_text())
    tensors = {role: {value["name"]: numpy.ones(value["shape"], numpy.float32) for value in graph["values"] if value["role"] == role}
               for role in ("parameter", "input")}
    return graph, write_inputs(folder, graph, tensors["parameter"], tensors["input"])


def test_every_graph_has_its_attempt():
    assert {path.stem for path in GRAPHS} == {path.stem for path in BACKWARD} | set(ABSENT)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_refused_by_the_runner(client, tmp_path, path):
    graph, folder = files(path, tmp_path)
    error = client().load(folder, gradients=path in BACKWARD)["error"]
    assert error["reason"] == "operator"
    assert [node["node"] for node in error["nodes"]] == [graph["nodes"][0]["name"]]


@pytest.mark.parametrize("path", BACKWARD, ids=lambda path: path.stem)
def test_ggml_aborts(client, tmp_path, path):
    _, folder = files(path, tmp_path)
    runner = client({"ASSAY_GGML_UNSCREENED": "1"})
    with pytest.raises(Died) as died:
        runner.load(folder, gradients=True)
        runner.run(folder, 0)
    assert died.value.code == -signal.SIGABRT


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_not_in_ggmls_header(runner, name):
    header = Path((runner.parent / "libraries.txt").read_text().strip()) / "include/ggml.h"
    text = header.read_text()
    assert "ggml_pool_2d(" in text and "#define GGML_MAX_DIMS" in text
    assert not re.search(ABSENT[name], text)
