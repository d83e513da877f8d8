"""What the runner says of itself and refuses, and what no standard case has; tests/conformance has what it computes."""

import numpy
import pytest
from drive import exported, with_operator, write_inputs


def value(name, shape, role, **more):
    return {"name": name, "dtype": "F32", "shape": shape, "role": role} | more


def one_node(folder, op, x, shape=None, attributes=None):
    """A graph of one node with one input, in `folder`."""
    values = [value("x", list(x.shape), "input"), value("y", shape or list(x.shape), "computed")]
    node = {"name": "node", "op": op, "inputs": ["x"], "outputs": ["y"], "attributes": attributes or {}}
    graph = {"assay_graph": 1, "name": op, "values": values, "nodes": [node], "outputs": ["y"]}
    return write_inputs(folder, graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": x})


def computed(client, folder):
    runner = client()
    loaded = runner.load(folder, device="lavapipe")
    assert "result" in loaded, loaded
    return runner.run(folder, 0)["y"]


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "Meganeura" and description["version"][0].isdigit() and description["training"] is True
    lavapipe = next(device for device in description["devices"] if device["name"] == "lavapipe")
    assert "Mesa 22" not in lavapipe["description"]


def test_another_device_is_refused(client, tmp_path):
    error = client().load(exported(tmp_path, "inference"), device="cpu")["error"]
    assert error["outcome"] == "unsupported" and error["reason"] == "device"


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    changed = with_operator(folder, "Swish", "Frobnicate")
    error = client().load(folder, device="lavapipe")["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == changed


@pytest.mark.parametrize("op, function", [("Sin", numpy.sin), ("Cos", numpy.cos)])
def test_waves_of_large_angles(client, tmp_path, op, function):
    """Within float32's resolution of the result, however many turns are taken off."""
    edges = numpy.float32(numpy.pi / 2) * numpy.arange(-9, 10, dtype=numpy.float32)
    x = numpy.concatenate([numpy.linspace(-20, 20, 4001), numpy.linspace(-51000, 51000, 4001), edges, [0.0]]).astype(numpy.float32)
    numpy.testing.assert_allclose(computed(client, one_node(tmp_path / "one", op, x)), function(x.astype(numpy.float64)), atol=5e-7)


@pytest.mark.parametrize("op", ["Sin", "Cos"])
def test_waves_beyond_what_is_taken_off_are_no_numbers(client, tmp_path, op):
    x = numpy.array([1e6, -1e9], numpy.float32)
    assert not numpy.isfinite(computed(client, one_node(tmp_path / "one", op, x))).any()


def test_roots_of_all_sizes(client, tmp_path):
    x = numpy.array([0.0, 1e-30, 1e-6, 0.5, 1.0, 2.0, 1e10, 1e30], numpy.float32)
    numpy.testing.assert_allclose(computed(client, one_node(tmp_path / "one", "Sqrt", x)), numpy.sqrt(x), rtol=3e-7, atol=1e-18)


def test_heads_of_another_size_than_a_power_of_two(client, tmp_path):
    chooser = numpy.random.default_rng(0)
    shapes = {"q": [1, 3, 10], "k": [1, 4, 10], "v": [1, 4, 10]}
    inputs = {name: chooser.standard_normal(shape, numpy.float32) for name, shape in shapes.items()}
    values = [*(value(name, shape, "input") for name, shape in shapes.items()), value("y", [1, 3, 10], "computed")]
    node = {"name": "attention", "op": "Attention", "inputs": list(shapes), "outputs": ["y"], "attributes": {"q_num_heads": 2, "kv_num_heads": 2}}
    graph = {"assay_graph": 1, "name": "heads", "values": values, "nodes": [node], "outputs": ["y"]}
    folder = write_inputs(tmp_path / "heads", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs)
    q, k, v = (inputs[name][0].reshape(-1, 2, 5).astype(numpy.float64) for name in shapes)
    weights = numpy.exp(numpy.einsum("qhd,khd->hqk", q, k) / numpy.sqrt(5))
    expected = numpy.einsum("hqk,khd->qhd", weights / weights.sum(-1, keepdims=True), v).reshape(1, 3, 10)
    numpy.testing.assert_allclose(computed(client, folder), expected, atol=1e-6)

def whole_numbers(folder):
    """(7, -7, 6) / (2, 2, 3) * (2, 2, 3)"""
    values = [{"name": name, "dtype": "I64", "shape": [3], "role": role} for name, role in {"a": "input", "b": "input", "q": "computed", "y": "computed"}.items()]
    nodes = [{"name": op, "op": op, "inputs": [x, "b"], "outputs": [y], "attributes": {}} for op, x, y in (("Div", "a", "q"), ("Mul", "q", "y"))]
    graph = {"assay_graph": 1, "name": "whole", "values": values, "nodes": nodes, "outputs": ["y"]}
    return write_inputs(folder, graph, {"unused": numpy.zeros(1, numpy.float32)}, {"a": numpy.array([7, -7, 6]), "b": numpy.array([2, 2, 3])})


def test_quotients_of_whole_numbers_are_whole_before_they_go_on(client, tmp_path):
    runner, folder = client(), whole_numbers(tmp_path / "whole")
    assert "result" in runner.load(folder, device="lavapipe")
    assert runner.run(folder, 0)["y"].tolist() == [6, -6, 6]


def test_an_infinite_bound_bounds_nothing(client, tmp_path):
    """As exporters write it: the greatest of minus infinity and something else."""
    values = [value("x", [2], "input"), value("least", [], "constant", data=["-inf"]), value("y", [2], "computed")]
    node = {"name": "max", "op": "Max", "inputs": ["least", "x"], "outputs": ["y"], "attributes": {}}
    graph = {"assay_graph": 1, "name": "max", "values": values, "nodes": [node], "outputs": ["y"]}
    folder = write_inputs(tmp_path / "max", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": numpy.array([2, -3], numpy.float32)})
    assert computed(client, folder).tolist() == [2, -3]
