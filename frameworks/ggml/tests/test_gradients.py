"""Gradients that ggml's backward aborts on unless the runner asks for them in another way, against what they are by hand. The conformance
suite has those of single operators."""

import numpy
import pytest
from drive import write_inputs

RANDOM = numpy.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape, numpy.float32)


def node(op, inputs, output, **attributes):
    return {"name": output, "op": op, "inputs": inputs, "outputs": [output], "attributes": attributes}


def weighted(output):
    """The loss: the sum of a value's elements, each times a number of the input `f`."""
    return [node("Mul", [output, "f"], "weighted"), node("ReduceSum", ["weighted"], "loss", keepdims=0)]


def run(client, folder, parameters, inputs, nodes, shapes):
    """What one step leaves. `shapes`: of the outputs of nodes, but for the loss and its product."""
    types = {"float32": "F32", "int64": "I64"}
    values = [{"name": name, "dtype": types[str(array.dtype)], "shape": list(array.shape), "role": "input"} for name, array in inputs.items()]
    values += [{"name": name, "dtype": "F32", "shape": list(array.shape), "role": "parameter", "trainable": True,
                "init": {"mean": 0.0, "std": 1.0}} for name, array in parameters.items()]
    shapes = shapes | {"loss": ()} | ({"weighted": inputs["f"].shape} if any(one["name"] == "weighted" for one in nodes) else {})
    values += [{"name": one["name"], "dtype": "F32", "shape": list(shapes[one["name"]]), "role": "computed"} for one in nodes]
    graph = {"assay_graph": 1, "name": "gradients", "values": values, "nodes": nodes, "outputs": ["loss"]}
    written = write_inputs(folder / "case", graph, parameters, inputs)
    runner = client()
    assert "result" in runner.load(written, gradients=True)
    return runner.run(written, 0)


def test_what_the_loss_does_not_depend_on_has_gradient_zero(client, tmp_path):
    parameters, inputs = {"a": normal(3, 4), "w": normal(5, 4), "v": normal(5, 4)}, {"f": normal(3, 4)}
    nodes = [node("Linear", ["f", "w"], "dead"), *weighted("a")]
    found = run(client, tmp_path, parameters, inputs, nodes, {"dead": (3, 5)})
    numpy.testing.assert_array_equal(found["grad.a"], inputs["f"])
    assert found["grad.w"].shape == found["grad.v"].shape == (5, 4) and not found["grad.w"].any() and not found["grad.v"].any()


def test_a_loss_of_inputs_alone_has_gradient_zero(client, tmp_path):
    inputs = {"f": normal(3, 4)}
    found = run(client, tmp_path, {"w": normal(5, 4)}, inputs, [node("ReduceSum", ["f"], "loss", keepdims=0)], {})
    numpy.testing.assert_allclose(found["loss"], inputs["f"].sum(), rtol=1e-5)
    assert found["grad.w"].shape == (5, 4) and not found["grad.w"].any()


@pytest.mark.parametrize("matrices", [(), (1, 1), (2, 1), (1, 3), (2, 3)], ids=str)
def test_the_matrices_of_a_product_may_be_repeated(client, tmp_path, matrices):
    parameters, f = {"a": normal(2, 3, 4, 5), "b": normal(*matrices, 5, 6)}, normal(2, 3, 4, 6)
    found = run(client, tmp_path, parameters, {"f": f}, [node("MatMul", ["a", "b"], "y"), *weighted("y")], {"y": f.shape})
    numpy.testing.assert_allclose(found["loss"], numpy.vdot(parameters["a"] @ parameters["b"], f), rtol=1e-4)
    numpy.testing.assert_allclose(found["grad.a"], f @ numpy.swapaxes(parameters["b"], -1, -2), rtol=1e-4, atol=1e-5)
    whole = numpy.swapaxes(parameters["a"], -1, -2) @ f
    repeated = tuple(axis for axis in (0, 1) if not matrices or matrices[axis] == 1)
    numpy.testing.assert_allclose(found["grad.b"], whole.sum(repeated).reshape(parameters["b"].shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("turns", [1, 2])
def test_the_gradient_of_a_permutation_goes_on(client, tmp_path, turns):
    """Into another permutation, and into the sum over what an addition repeated."""
    names, shapes = ["sum", "turned", "back"][: turns + 1], [(3, 4), (4, 3), (3, 4)]
    parameters, f = {"a": normal(3, 4), "b": normal(4)}, normal(*shapes[turns])
    nodes = [node("Add", ["a", "b"], "sum"), *(node("Transpose", [before], after) for before, after in zip(names, names[1:])), *weighted(names[-1])]
    found = run(client, tmp_path, parameters, {"f": f}, nodes, dict(zip(names, shapes)))
    expected = f.T if turns == 1 else f
    numpy.testing.assert_allclose(found["grad.a"], expected, rtol=1e-6)
    numpy.testing.assert_allclose(found["grad.b"], expected.sum(0), rtol=1e-5)


def test_one_index_counts_from_the_end_of_each_table(client, tmp_path):
    parameters, inputs = {"long": normal(5, 4), "short": normal(3, 4)}, {"i": numpy.array([-1, 0, -3]), "f": normal(3, 4)}
    nodes = [node("Gather", ["long", "i"], "rows"), node("Gather", ["short", "i"], "others"), node("Add", ["rows", "others"], "y"), *weighted("y")]
    found = run(client, tmp_path, parameters, inputs, nodes, {"rows": (3, 4), "others": (3, 4), "y": (3, 4)})
    for name, table in parameters.items():
        expected = numpy.zeros_like(table)
        numpy.add.at(expected, inputs["i"], inputs["f"])
        numpy.testing.assert_allclose(found[f"grad.{name}"], expected, rtol=1e-6)
