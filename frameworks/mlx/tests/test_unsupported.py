"""What MLX cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it, and MLX still raises when its Python package is
asked; when a test here fails, MLX has learnt something and the runner should use it."""

import json
import subprocess
from pathlib import Path

import numpy
import pytest
from drive import write_inputs

GRAPHS = sorted((Path(__file__).resolve().parents[1] / "unsupported").glob("*.json"))
# What to ask MLX for, and a part of what it says.
ATTEMPTS = {
    "conv_of_four_dimensions": ("mx.conv_general(mx.ones([1] * 6), mx.ones([1] * 6))", "1-3 spatial dimensions"),
    "conv_transpose_of_four_dimensions": ("mx.conv_general(mx.ones([1] * 6), mx.ones([1] * 6), flip=True)", "1-3 spatial dimensions"),
    "gradient_of_scatter_by_mul": ("mx.grad(lambda x: x.at[mx.array([1])].multiply(x[:1]).sum())(mx.ones(3))", "VJP not implemented"),
}


def test_every_graph_has_its_attempt():
    assert {path.stem for path in GRAPHS} == ATTEMPTS.keys()


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_refused_by_the_runner(client, tmp_path, path):
    graph = json.loads(path.read_text())
    weights = {value["name"]: numpy.ones(value["shape"], numpy.float32) for value in graph["values"] if value["role"] == "parameter"}
    error = client().load(write_inputs(tmp_path, graph, weights, {}), gradients=bool(weights), variant="openblas")["error"]
    assert error["reason"] == "operator"
    assert [node["node"] for node in error["nodes"]] == [graph["nodes"][0]["name"]]


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_mlx_raises(runner, name):
    attempt, told = ATTEMPTS[name]
    program = f"import mlx.core as mx\nmx.set_default_device(mx.cpu)\nmx.eval({attempt})"
    done = subprocess.run([runner.parent / "venv/bin/python", "-c", program], capture_output=True, text=True)
    assert done.returncode != 0 and told in done.stderr
