"""What the ggml runner says of itself and refuses, and one case that no standard has; tests/conformance has what it computes."""

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


def test_tables_that_are_no_rotation_are_multiplied(client, tmp_path):
    chooser = numpy.random.default_rng(0)
    x, tables = chooser.standard_normal((2, 3, 8), numpy.float32), chooser.standard_normal((2, 2, 3, 2), numpy.float32)
    values = [{"name": name, "dtype": "F32", "shape": [2, 3, 8], "role": role} for name, role in (("x", "input"), ("y", "computed"))]
    values[1:1] = [{"name": name, "dtype": "F32", "shape": [2, 3, 2], "role": "constant", "data": table.ravel().tolist()} for name, table in zip("cs", tables)]
    node = {"name": "turn", "op": "RotaryEmbedding", "inputs": ["x", "c", "s"], "outputs": ["y"], "attributes": {"num_heads": 2}}
    graph = {"assay_graph": 1, "name": "turn", "values": values, "nodes": [node], "outputs": ["y"]}
    folder, runner = write_inputs(tmp_path / "turn", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": x}), client()
    assert "result" in runner.load(folder)
    (a, b), (c, s) = numpy.moveaxis(x.reshape(2, 3, 2, 2, 2), 3, 0), tables[:, :, :, None]
    expected = numpy.stack([a * c - b * s, a * s + b * c], 3).reshape(2, 3, 8)
    numpy.testing.assert_allclose(runner.run(folder, 0)["y"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("output", ["i", "seen"])
def test_integers_are_outputs_as_long_as_float32_counts_them(client, tmp_path, output):
    values = [{"name": "i", "dtype": "I64", "shape": [2, 3], "role": "input"}, {"name": "seen", "dtype": "I64", "shape": [3, 2], "role": "computed"}]
    node = {"name": "seen", "op": "Transpose", "inputs": ["i"], "outputs": ["seen"], "attributes": {}}
    graph = {"assay_graph": 1, "name": "integers", "values": values, "nodes": [node], "outputs": [output]}
    counted = numpy.array([[0, -1, 2], [3, 2**24, -(2**24)]])
    folder, runner = write_inputs(tmp_path / "integers", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"i": counted}), client()
    assert "result" in runner.load(folder)
    found = runner.run(folder, 0)[output]
    assert found.dtype == numpy.int64
    numpy.testing.assert_array_equal(found, counted if output == "i" else counted.T)
    write_inputs(folder, graph, {"unused": numpy.zeros(1, numpy.float32)}, {"i": counted + 1})
    runner.give(folder, [0])
    assert "i has integers beyond 2^24" in runner.ask("steps", {"count": 1})["error"]["message"]


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


@pytest.mark.parametrize("outputs", [["y"], ["y", "seen"]])
def test_filled_places_of_a_past_that_is_an_input(client, tmp_path, outputs):
    """The new token lies behind all places then; and the mask may be asked for itself."""
    value = lambda name, dtype, shape, role="computed", **more: {"name": name, "dtype": dtype, "shape": shape, "role": role} | more  # noqa: E731
    values = [*(value(name, "F32", [1, 1, 4], "input") for name in "qkv"), *(value(name, "F32", [1, 1, 3, 4], "input") for name in ("keys", "values")),
              value("position", "I64", [1, 1], "input"), value("places", "I64", [3], "constant", data=[0, 1, 2]),
              value("itself", "BOOL", [1, 1], "constant", data=[True]), value("form", "I64", [4], "constant", data=[1, 1, 1, 4]),
              value("filled", "BOOL", [1, 3]), value("all", "BOOL", [1, 4]), value("seen", "BOOL", [1, 1, 1, 4]), value("y", "F32", [1, 1, 4])]
    node = lambda op, inputs, output, **attributes: {"name": output, "op": op, "inputs": inputs, "outputs": [output], "attributes": attributes}  # noqa: E731
    nodes = [node("Less", ["places", "position"], "filled"), node("Concat", ["filled", "itself"], "all", axis=1), node("Reshape", ["all", "form"], "seen"),
             node("Attention", ["q", "k", "v", "seen", "keys", "values"], "y", q_num_heads=1, kv_num_heads=1)]
    chooser = numpy.random.default_rng(0)
    inputs = {one["name"]: chooser.standard_normal(one["shape"]).astype(numpy.float32) for one in values if one["role"] == "input"}
    inputs["position"] = numpy.array([[1]])
    graph = {"assay_graph": 1, "name": "filled", "values": values, "nodes": nodes, "outputs": outputs}
    folder = write_inputs(tmp_path / "filled", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs)
    runner = client()
    assert "result" in runner.load(folder)
    found = runner.run(folder, 0)
    keys, rows = (numpy.stack([inputs[past][0, 0, 0], inputs[new][0, 0]]) for past, new in (("keys", "k"), ("values", "v")))
    shares = numpy.exp(keys @ inputs["q"][0, 0] / 2)
    numpy.testing.assert_allclose(found["y"][0, 0], shares @ rows / shares.sum(), rtol=1e-5)
    assert "seen" not in outputs or found["seen"].tolist() == [[[[True, False, False, True]]]]
