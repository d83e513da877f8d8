"""An ONNX file as a model: what its graph becomes, how it is asked about, and that contestants compute what the file says."""

import json

import numpy
import onnx
import onnx_files as files
import pytest
import suites
from onnx import helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file, save_file

DIMS = ["--dim", "batch=1", "--dim", "sequence=6"]


def graph_of(assay, path, *words):
    done = assay("graph", path, "--json", *words)
    assert done.code == 0, done.err
    return done.document, done.err


def operators(graph):
    return [node["op"] for node in graph["nodes"]]


def computed(assay, path, folder, *words):
    """(inputs, what the core's own float64 evaluation of the imported graph gives) of the first input set."""
    done = assay("materials", path, "--dir", folder, *words)
    assert done.code == 0, done.err
    done = assay("reference", "--graph", folder / "graph.json", "--bindings", folder / "weights.safetensors",
                 "--bindings", folder / "inputs-0.safetensors", "--out", folder / "out.safetensors")
    assert done.code == 0, done.err
    return load_file(folder / "inputs-0.safetensors"), load_file(folder / "out.safetensors")


def same(assay, path, folder, *words, fixed=None, tolerance=1e-6):
    """The imported graph computes what ONNX's own reference computes of the file."""
    inputs, found = computed(assay, path, folder, *words)
    session = ReferenceEvaluator(str(path))
    expected = dict(zip(session.output_names, session.run(None, inputs | (fixed or {}))))
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        numpy.testing.assert_allclose(found[name], array, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("opset", [13, 17])
def test_what_an_exporter_took_apart_is_put_together(assay, tmp_path, opset):
    path = files.write(tmp_path / "encoder.onnx", files.encoder(opset))
    graph, said = graph_of(assay, path, *DIMS)
    assert "recognised and proven equal in float64: 1 Attention, 1 Gelu, 1 LayerNormalization, 4 Linear" in said, said
    assert "inputs: input_ids: ids below 20; attention_mask: ones" in said
    assert operators(graph).count("Linear") == 4 and {"MatMul", "Erf", "Sqrt", "Shape"}.isdisjoint(operators(graph))
    same(assay, path, tmp_path / "m", *DIMS, tolerance=1e-5)


def test_a_dimension_that_nobody_gave_is_asked_for_by_name(assay, tmp_path):
    path = files.write(tmp_path / "encoder.onnx", files.encoder())
    done = assay("graph", path)
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.endswith("say how large they are: --dim batch=N --dim sequence=N\n"), done.err
    done = assay("graph", path, *DIMS, "--dim", "sequenze=3")
    assert done.code == 2 and "--dim sequenze: no input has such a dimension; did you mean sequence?" in done.err
    done = assay("graph", path, "--dim", "input_ids.0=1", "--dim", "attention_mask.0=1", "--dim", "sequence=6")
    assert done.code == 0, done.err
    assert assay("graph", path, "--dim", "batch=0").code == 2


@pytest.mark.parametrize("rate, factor", [(16000, 2), (8000, 3)])
def test_a_branch_follows_from_an_input_that_is_fixed(assay, tmp_path, rate, factor):
    path = files.write(tmp_path / "vad.onnx", files.branches())
    graph, _ = graph_of(assay, path, "--fix", f"rate={rate}")
    assert operators(graph) == ["Mul"] and [value["name"] for value in graph["values"] if value["role"] == "input"] == ["x"]
    inputs, found = computed(assay, path, tmp_path / "m", "--fix", f"rate={rate}")
    numpy.testing.assert_allclose(found["y"], factor * inputs["x"].astype(numpy.float64))
    done = assay("graph", path)
    assert done.code == 4 and "node choice (If): its condition does not follow from constants; --fix INPUT=VALUE" in done.err, done.err
    done = assay("graph", path, "--fix", "speed=1")
    assert done.code == 2 and "--fix speed: there is no such input, only x, rate" in done.err, done.err


def test_functions_are_inlined(assay, tmp_path):
    function = helper.make_function("own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    made = files.model([helper.make_node("Twice", ["x"], ["y"], domain="own")], {"x": (files.FLOAT, [3])}, {"y": (files.FLOAT, [3])},
                       functions=[function], opsets=[helper.make_opsetid("own", 1)])
    path = files.write(tmp_path / "f.onnx", made)
    assert operators(graph_of(assay, path)[0]) == ["Add"]
    same(assay, path, tmp_path / "m")


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 15, 18, 21, 24])
def test_opsets_from_7_to_24_are_read(assay, tmp_path, opset):
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             helper.make_node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"]),
             helper.make_node("Relu", ["n"], ["r"]), helper.make_node("GlobalAveragePool", ["r"], ["y"])]
    arrays = {"w": files.weights(4, 3, 3, 3), "s": files.weights(4) + 1, "b": files.weights(4), "m": files.weights(4), "v": files.weights(4) ** 2 + 1}
    made = files.model(nodes, {"x": (files.FLOAT, ["N", 3, 8, 8])}, {"y": (files.FLOAT, ["N", 4, 1, 1])}, arrays, opset, ir=10)
    path = files.write(tmp_path / "conv.onnx", made)
    inputs, found = computed(assay, path, tmp_path / "m", "--dim", "N=1")
    made.opset_import[0].version = max(opset, 14)  # what ONNX's reference computes alike
    expected = ReferenceEvaluator(made).run(None, inputs)[0]
    numpy.testing.assert_allclose(found["y"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype, kind", [(numpy.float16, onnx.TensorProto.FLOAT16), (numpy.float64, onnx.TensorProto.DOUBLE)])
def test_other_floating_types_become_float32(assay, tmp_path, dtype, kind):
    made = files.model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": (kind, [2, 4])}, {"y": (kind, [2, 3])}, {"w": files.weights(4, 3, dtype=dtype)})
    graph, said = graph_of(assay, files.write(tmp_path / "typed.onnx", made))
    assert f"what it computes in {numpy.dtype(dtype).name} is computed in float32" in said
    assert {value["dtype"] for value in graph["values"]} == {"F32"}


def test_external_data_is_read_and_counts(assay, tmp_path):
    made = files.model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": (files.FLOAT, [2, 4])}, {"y": (files.FLOAT, [2, 3])}, {"w": files.weights(4, 3)})
    path = files.write(tmp_path / "big.onnx", made, save_as_external_data=True, location="big.data", size_threshold=0)
    assert not path.read_bytes().count(b"raw")
    same(assay, path, tmp_path / "m")
    name = graph_of(assay, path)[1].split(" is ")[-1]
    data = bytearray((tmp_path / "big.data").read_bytes())
    data[3] ^= 1
    (tmp_path / "big.data").write_bytes(bytes(data))
    assert graph_of(assay, path)[1].split(" is ")[-1] != name  # another model, though the file is the same


def test_the_name_follows_from_content_and_sizes(assay, tmp_path):
    path = files.write(tmp_path / "encoder.onnx", files.encoder())
    (tmp_path / "copy").mkdir()
    copy = files.write(tmp_path / "copy/encoder.onnx", files.encoder())
    first, again, longer = [graph_of(assay, at, "--dim", "batch=1", "--dim", f"sequence={size}")[1].split(" is ")[-1].strip()
                            for at, size in ((path, 6), (copy, 6), (path, 7))]
    assert first == again != longer and first.startswith("encoder.onnx#")


@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_inputs_of_a_file_are_the_first_set(assay, tmp_path, form):
    path = files.write(tmp_path / "encoder.onnx", files.encoder())
    given = {"input_ids": numpy.arange(6, dtype=numpy.int64)[None], "attention_mask": numpy.array([[1, 1, 1, 1, 0, 0]], numpy.int64)}
    target = tmp_path / f"in.{form}"
    numpy.savez(target, **given) if form == "npz" else save_file(given, target)
    inputs, _ = computed(assay, path, tmp_path / "m", *DIMS, "--inputs", target)
    for name, array in given.items():
        numpy.testing.assert_array_equal(inputs[name], array)
    second = load_file(tmp_path / "m/inputs-1.safetensors")
    assert sorted(second["input_ids"].ravel()) == [0, 1, 2, 3, 4, 5] and (second["input_ids"] != given["input_ids"]).any()


def test_inputs_that_do_not_fit_are_refused(assay, tmp_path):
    path = files.write(tmp_path / "encoder.onnx", files.encoder())
    numpy.savez(tmp_path / "short.npz", input_ids=numpy.zeros((1, 5), numpy.int64), attention_mask=numpy.zeros((1, 6), numpy.int64))
    done = assay("graph", path, *DIMS, "--inputs", tmp_path / "short.npz")
    assert done.code == 4 and "input_ids is I64 [1, 5], the model takes I64 [1, 6]" in done.err, done.err
    numpy.savez(tmp_path / "text.npz", input_ids=numpy.array(["a"], object), attention_mask=numpy.zeros(1))
    done = assay("graph", path, *DIMS, "--inputs", tmp_path / "text.npz")
    assert done.code == 4 and "this is no .npz file of arrays" in done.err and done.err.count("\n") == 1, done.err


def test_a_run_measures_it_and_remembers_it(assay, tmp_path):
    path = files.write(tmp_path / "encoder.onnx", files.encoder())
    words = ["-m", path, *DIMS, "-f", "fake/honest", "--rounds", 1, "--json"]
    done = assay("run", *words)
    assert done.code == 0, done.err
    (result,) = done.document["results"]
    assert result["model"].startswith("encoder.onnx#") and result["workload"] == "inference" and result["verdict"] == "exact"
    assert json.loads(assay("show", "last", "--json").out)["results"][0]["model"] == result["model"]
    assert assay("run", *words[:-3], "-w", "training", "-f", "fake/honest").code == 2


@pytest.mark.parametrize("taker", suites.takers_of_files())
def test_the_file_itself_takes_part_where_there_is_one(assay, tmp_path, taker):
    path = files.write(tmp_path / "vad.onnx", files.branches())
    done = assay("judge", "-m", path, "--size", "full", "--fix", "rate=8000", "-f", taker, "--json")
    (result,) = done.document["results"]
    if "is not set up" in result["reason"]:
        pytest.skip(result["reason"])
    assert done.code == 0 and result["verdict"] == "exact", result


def test_it_takes_no_part_in_a_model_that_was_no_file(assay):
    done = assay("judge", "-m", "minilm-l6", "--size", "tiny", "-w", "inference", *[word for taker in suites.takers_of_files() for word in ("-f", taker)], "--json")
    assert done.code == 0 and done.document["results"] == [], done.err
