"""A quantised ONNX file as a model: what its graph becomes, that honest runners are exact and that mistakes are found."""

import numpy
import onnx_files as files
import pytest
import quantised_files as quantised
import suites
from onnx import TensorProto, helper
from test_onnx_files import computed, graph_of, operators

NOTE = "what it computes in int8 and uint8 is computed in float32, on whole numbers"


def judged(assay, path, *words):
    """By contestant and mutant."""
    done = assay("judge", "-m", path, "--size", "full", *words, "--json")
    return {(result["contestant"].split("@")[0], result["mutant"]): result for result in done.document["results"]}, done


def test_products_with_quantised_weights_are_products_with_a_weight(assay, tmp_path):
    path = files.write(tmp_path / "qdq.onnx", quantised.qdq())
    graph, said = graph_of(assay, path)
    assert NOTE in said and "recognised and proven equal in float64: 2 Linear" in said, said
    assert sorted(operators(graph)) == sorted(2 * ["Div", "Round", "Clip", "Mul", "Linear"] + ["Relu", "Add"])


def by_hand(x):
    """The file as it stands, in float64."""
    arrays = {tensor.name: numpy.array(onnx_array(tensor)) for tensor in quantised.qdq().graph.initializer}

    def layer(value, name):
        held = (numpy.clip(numpy.rint(value / numpy.float64(arrays["scale"])) + 3, 0, 255) - 3) * numpy.float64(arrays["scale"])
        return held @ (arrays[f"{name}.integers"] * arrays[f"{name}.scales"]).astype(numpy.float64) + arrays[f"{name}.bias"] * arrays[f"{name}.bias.scales"]

    return layer(numpy.maximum(layer(x, "first"), 0), "second") + x


def onnx_array(tensor):
    from onnx import numpy_helper

    return numpy_helper.to_array(tensor)


def test_it_computes_what_the_file_says(assay, tmp_path):
    inputs, found = computed(assay, files.write(tmp_path / "qdq.onnx", quantised.qdq()), tmp_path / "m")
    numpy.testing.assert_allclose(found["y"], by_hand(inputs["x"].astype(numpy.float64)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("made, operator", [(quantised.dynamic(), "Linear"), (quantised.qdq(TensorProto.UINT8), "Cast")], ids=["dynamic", "uint8"])
def test_other_forms(assay, tmp_path, made, operator):
    graph, said = graph_of(assay, files.write(tmp_path / "other.onnx", made))
    assert NOTE in said and operator in operators(graph)
    assert ("x: from 0 to 255" in said) is (operator == "Cast")


def test_inputs_in_eight_bits_are_given_as_they_are(assay, tmp_path):
    path, given = files.write(tmp_path / "bytes.onnx", quantised.qdq(TensorProto.UINT8)), numpy.arange(16 * quantised.WIDTH, dtype=numpy.uint8).reshape(16, -1)
    numpy.savez(tmp_path / "in.npz", x=given)
    inputs, found = computed(assay, path, tmp_path / "m", "--inputs", tmp_path / "in.npz")
    numpy.testing.assert_array_equal(inputs["x"], given)
    numpy.testing.assert_allclose(found["y"], by_hand((given.astype(numpy.float64) - 3) * numpy.float64(numpy.float32(0.03))), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("taker", suites.takers_of_files())
def test_the_file_itself_takes_part_unless_it_takes_bytes(assay, tmp_path, taker):
    for kind, outcome in ((files.FLOAT, "ok"), (TensorProto.UINT8, "unsupported")):
        found, _ = judged(assay, files.write(tmp_path / "file.onnx", quantised.qdq(kind)), "-f", taker)
        result = found[taker, ""]
        if "is not set up" in result["reason"]:
            pytest.skip(result["reason"])
        assert result["outcome"] == outcome and (outcome != "ok" or result["verdict"] == "exact"), result


@pytest.mark.parametrize("made", [quantised.qdq(), quantised.dynamic()], ids=["static", "dynamic"])
def test_whoever_is_honest_is_exact_and_each_mistake_is_found(assay, tmp_path, made):
    path = files.write(tmp_path / "file.onnx", made)
    found, done = judged(assay, path, "--mutants", "-f", "fake/honest")
    assert done.code == 0, done.err
    assert found["fake/honest", ""]["verdict"] == "exact"
    wrong = found["fake/honest", "quantum-too-many"]
    assert wrong["verdict"] == "wrong"
    if made.graph.node[0].op_type != "DynamicQuantizeLinear":  # of whose one step the answer itself tells
        assert "in the pieces between the graph's steps" in wrong["reason"] and found["fake/honest", "saturation-missing"]["verdict"] == "wrong"


def test_a_run_judges_it_between_its_steps(assay, tmp_path):
    path = files.write(tmp_path / "qdq.onnx", quantised.qdq())
    done = assay("run", "-m", path, "-f", "fake/honest", "--rounds", 1, "--json")
    (result,) = done.document["results"]
    assert done.code == 0 and result["verdict"] == "exact", done.err
    assert result["error"]["worst"].endswith("/steps"), "of the pieces, in which steps' operands are outputs"


def test_operators_of_one_runtime_are_refused_by_name(assay, tmp_path):
    made = files.model([helper.make_node("QLinearAdd", ["x", "x"], ["y"], name="sum", domain="com.microsoft")], {"x": (files.FLOAT, [2])}, {"y": (files.FLOAT, [2])},
                       opsets=[helper.make_opsetid("com.microsoft", 1)])
    done = assay("graph", files.write(tmp_path / "foreign.onnx", made))
    assert done.code == 4 and "node sum (com.microsoft.QLinearAdd) is no operator of the ONNX standard" in done.err, done.err


def test_arithmetic_that_wraps_is_refused(assay, tmp_path):
    nodes = [helper.make_node("QuantizeLinear", ["x", "s"], ["q"]), helper.make_node("Add", ["q", "q"], ["r"], name="sum"), helper.make_node("DequantizeLinear", ["r", "s"], ["y"])]
    made = files.model(nodes, {"x": (files.FLOAT, [2])}, {"y": (files.FLOAT, [2])}, {"s": numpy.array(1, numpy.float32)})
    done = assay("graph", files.write(tmp_path / "wraps.onnx", made))
    assert done.code == 4 and "node sum (Add): it computes in uint8, where numbers wrap around" in done.err, done.err
