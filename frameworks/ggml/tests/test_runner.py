"""What the ggml runner says of itself and refuses, and one case that no standard has; tests/conformance has what it computes."""

import json

import numpy
import pytest
from drive import exported, with_operator, write_inputs


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "ggml" and description["training"] is True
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    changed = with_operator(folder, "Swish", "Erf")
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == changed


def test_only_its_variants_in_float32_on_the_cpu(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, precision="bf16")["error"]["reason"] == "precision"
    assert runner.load(folder, device="cuda")["error"]["reason"] == "device"
    error = runner.load(folder, variant="other")["error"]
    assert error["outcome"] == "failed" and error["message"] == "unknown variant 'other', expected one of default, gradient-graph"


def test_a_rotation_that_is_none_is_refused(client, tmp_path):
    folder = exported(tmp_path, "inference")
    graph = json.loads((folder / "graph.json").read_text())
    table = next(value for value in graph["values"] if value["name"] == "rope.sin")
    table["data"][-1] += 0.01
    (folder / "graph.json").write_text(json.dumps(graph))
    error = client().load(folder)["error"]
    assert {node["op"] for node in error["nodes"]} == {"RotaryEmbedding"}


@pytest.mark.parametrize("output", ["i", "seen"])
def test_indices_are_no_outputs(client, tmp_path, output):
    values = [{"name": "i", "dtype": "I64", "shape": [2, 3], "role": "input"}, {"name": "seen", "dtype": "I64", "shape": [2, 3], "role": "computed"}]
    node = {"name": "seen", "op": "Identity", "inputs": ["i"], "outputs": ["seen"], "attributes": {}}
    graph = {"assay_graph": 1, "name": "indices", "values": values, "nodes": [node], "outputs": [output]}
    folder = write_inputs(tmp_path / "indices", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"i": numpy.zeros((2, 3), numpy.int64)})
    error = client().load(folder)["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator") and f"{output} is I64" in error["message"]


def test_one_causal_query_sees_one_key(client, tmp_path):
    shapes = {"q": [1, 1, 4], "k": [1, 3, 4], "v": [1, 3, 4]}
    values = [{"name": name, "dtype": "F32", "shape": shape, "role": "input"} for name, shape in shapes.items()]
    node = {"name": "attention", "op": "Attention", "inputs": list(shapes), "outputs": ["y"],
            "attributes": {"is_causal": 1, "q_num_heads": 1, "kv_num_heads": 1}}
    graph = {"assay_graph": 1, "name": "one query", "values": [*values, {"name": "y", "dtype": "F32", "shape": [1, 1, 4], "role": "computed"}],
             "nodes": [node], "outputs": ["y"]}
    chooser = numpy.random.default_rng(0)
    inputs = {name: chooser.standard_normal(shape, numpy.float32) for name, shape in shapes.items()}
    folder = write_inputs(tmp_path / "one", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs)
    runner = client()
    assert "result" in runner.load(folder)
    numpy.testing.assert_allclose(runner.run(folder, 0)["y"][0, 0], inputs["v"][0, 0], rtol=1e-6)


def test_neighbours_are_turned_where_pairs_lie_side_by_side(client, tmp_path):
    angles = numpy.outer(numpy.arange(3), [1, 0.1])
    tables = {"cos": numpy.cos(angles), "sin": numpy.sin(angles)}
    values = [{"name": name, "dtype": "F32", "shape": [1, 3, 2], "role": "constant", "data": table.astype(numpy.float32).ravel().tolist()}
              for name, table in tables.items()]
    values += [{"name": "x", "dtype": "F32", "shape": [1, 3, 8], "role": "input"}, {"name": "y", "dtype": "F32", "shape": [1, 3, 8], "role": "computed"}]
    node = {"name": "turn", "op": "RotaryEmbedding", "inputs": ["x", "cos", "sin"], "outputs": ["y"], "attributes": {"interleaved": 1, "num_heads": 2}}
    graph = {"assay_graph": 1, "name": "neighbours", "values": values, "nodes": [node], "outputs": ["y"]}
    x = numpy.random.default_rng(0).standard_normal((1, 3, 8), numpy.float32)
    folder = write_inputs(tmp_path / "neighbours", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": x})
    runner = client()
    assert "result" in runner.load(folder)
    turned = runner.run(folder, 0)["y"].reshape(3, 2, 2, 2)
    first, second = numpy.moveaxis(x.reshape(3, 2, 2, 2), -1, 0)
    cos, sin = tables["cos"][:, None], tables["sin"][:, None]
    numpy.testing.assert_allclose(turned, numpy.stack([first * cos - second * sin, first * sin + second * cos], -1), atol=1e-6)
