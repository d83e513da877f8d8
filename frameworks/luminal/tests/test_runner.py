"""What the Luminal runner says of itself and refuses, and how many threads it has; tests/conformance has what it computes, faults.rs what
is wrong in Luminal."""

import numpy
from drive import exported, with_operator, write_inputs


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "Luminal" and description["training"] is False and description["version"] == "0.2.0"
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    changed = with_operator(folder, "Swish", "Frobnicate")
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == changed


def test_threads_are_those_of_the_first_load(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, threads=3)["result"]["threads"] == 2
    runner.run(folder, 0)
    assert "has 2 threads" in runner.load(folder, threads=1)["error"]["message"]
    assert "result" in runner.load(folder, threads=2)


def test_outputs_that_a_step_does_not_compute(client, tmp_path):
    """A constant and a parameter stay, an input is that of the last step."""
    def value(name, role, **more):
        return {"name": name, "dtype": "F32", "shape": [2], "role": role, **more}

    sources = {"x": "input", "w": "parameter", "c": "constant"}
    values = [value(name, role, **({"data": [5, 6]} if role == "constant" else {})) for name, role in sources.items()]
    values += [value(f"{name}_out", "computed") for name in sources]
    nodes = [{"name": name, "op": "Identity", "inputs": [name], "outputs": [f"{name}_out"], "attributes": {}} for name in sources]
    graph = {"assay_graph": 1, "name": "same", "values": values, "nodes": nodes, "outputs": [f"{name}_out" for name in sources]}
    w, x = numpy.array([1, 2], numpy.float32), numpy.array([3, 4], numpy.float32)
    folder = write_inputs(tmp_path / "same", graph, {"w": w}, {"x": x})
    runner = client()
    assert "result" in runner.load(folder)
    for _ in range(2):
        outputs = runner.run(folder, 0)
        assert [outputs[f"{name}_out"].tolist() for name in sources] == [[3, 4], [1, 2], [5, 6]]


def test_a_step_that_failed_leaves_nothing_behind(client, tmp_path):
    """Luminal computes no tensor that is there, and what a panic interrupts stays there."""
    def value(name, role, dtype="F32"):
        return {"name": name, "dtype": dtype, "shape": [2], "role": role}

    values = [value("x", "input"), value("i", "input", "I64"), *(value(name, "computed") for name in ("twice", "chosen", "y"))]
    nodes = [{"name": "twice", "op": "Add", "inputs": ["x", "x"], "outputs": ["twice"], "attributes": {}},
             {"name": "chosen", "op": "GatherElements", "inputs": ["twice", "i"], "outputs": ["chosen"], "attributes": {"axis": 0}},
             {"name": "y", "op": "Add", "inputs": ["chosen", "twice"], "outputs": ["y"], "attributes": {}}]
    graph = {"assay_graph": 1, "name": "index", "values": values, "nodes": nodes, "outputs": ["y"]}
    weights = {"unused": numpy.zeros(2, numpy.float32)}
    folder = write_inputs(tmp_path / "index", graph, weights, {"x": numpy.ones(2, numpy.float32), "i": numpy.array([0, 9])})
    runner = client()
    assert "result" in runner.load(folder)
    runner.give(folder, [0])
    assert "out of bounds" in runner.ask("steps", {"count": 1})["error"]["message"]
    write_inputs(folder, graph, weights, {"x": numpy.array([2, 3], numpy.float32), "i": numpy.array([1, 1])})
    assert runner.run(folder, 0)["y"].tolist() == [10, 12]

def whole_numbers(folder):
    """(7, -7, 6) / (2, 2, 3) * (2, 2, 3)"""
    values = [{"name": name, "dtype": "I64", "shape": [3], "role": role} for name, role in {"a": "input", "b": "input", "q": "computed", "y": "computed"}.items()]
    nodes = [{"name": op, "op": op, "inputs": [x, "b"], "outputs": [y], "attributes": {}} for op, x, y in (("Div", "a", "q"), ("Mul", "q", "y"))]
    graph = {"assay_graph": 1, "name": "whole", "values": values, "nodes": nodes, "outputs": ["y"]}
    return write_inputs(folder, graph, {"unused": numpy.zeros(1, numpy.float32)}, {"a": numpy.array([7, -7, 6]), "b": numpy.array([2, 2, 3])})


def test_quotients_of_whole_numbers_are_whole_before_they_go_on(client, tmp_path):
    runner, folder = client(), whole_numbers(tmp_path / "whole")
    assert "result" in runner.load(folder)
    assert runner.run(folder, 0)["y"].tolist() == [6, -6, 6]


def test_an_infinity_that_is_not_chosen_does_no_harm(client, tmp_path):
    values = [{"name": "c", "dtype": "BOOL", "shape": [2], "role": "input"},
              *({"name": name, "dtype": "F32", "shape": [2], "role": role} for name, role in {"x": "input", "z": "input", "l": "computed", "y": "computed"}.items())]
    nodes = [{"name": "log", "op": "Log", "inputs": ["z"], "outputs": ["l"], "attributes": {}},
             {"name": "where", "op": "Where", "inputs": ["c", "x", "l"], "outputs": ["y"], "attributes": {}}]
    graph = {"assay_graph": 1, "name": "where", "values": values, "nodes": nodes, "outputs": ["y"]}
    inputs = {"c": numpy.array([True, False]), "x": numpy.array([2, 3], numpy.float32), "z": numpy.zeros(2, numpy.float32)}
    folder, runner = write_inputs(tmp_path / "where", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs), client()
    assert "result" in runner.load(folder)
    assert runner.run(folder, 0)["y"].tolist() == [2, -numpy.inf]


def test_padding_by_infinities(client, tmp_path):
    values = [{"name": "x", "dtype": "F32", "shape": [2], "role": "input"},
              {"name": "pads", "dtype": "I64", "shape": [2], "role": "constant", "data": [1, 0]},
              {"name": "edge", "dtype": "F32", "shape": [], "role": "constant", "data": ["-inf"]},
              {"name": "y", "dtype": "F32", "shape": [3], "role": "computed"}]
    nodes = [{"name": "pad", "op": "Pad", "inputs": ["x", "pads", "edge"], "outputs": ["y"], "attributes": {}}]
    graph = {"assay_graph": 1, "name": "pad", "values": values, "nodes": nodes, "outputs": ["y"]}
    inputs = {"x": numpy.array([2, 3], numpy.float32)}
    folder, runner = write_inputs(tmp_path / "pad", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs), client()
    assert "result" in runner.load(folder)
    assert runner.run(folder, 0)["y"].tolist() == [-numpy.inf, 2, 3]
