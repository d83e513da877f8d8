"""ONNX files that somebody broke, or wrote to do harm: one line that names file and node and says what to do; no crash, no hang, no gigabytes."""

import resource
import subprocess
import time

import numpy
import onnx
import onnx_files as files
import pytest
from onnx import TensorProto, helper, numpy_helper

MOST_SECONDS, MOST_BYTES = 60, 1 << 30


def refusal(assay, path, *words, code=4):
    """The one line that is said."""
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(assay.command("graph", path, *words), capture_output=True, text=True, timeout=MOST_SECONDS, env=assay.environment)
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = [line for line in done.stderr.splitlines() if "venv" not in line]
    assert len(lines) == 1 and path.name in lines[0] and len(lines[0]) < 1000, done.stderr
    assert time.monotonic() - began < MOST_SECONDS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before < MOST_BYTES >> 10
    return lines[0]


def node(op, inputs, outputs, name, **attributes):
    return helper.make_node(op, inputs, outputs, name=name, **attributes)


def of_nodes(path, *nodes, initializers=None, **more):
    return files.write(path, files.model(list(nodes), {"x": (files.FLOAT, [2, 2])}, {"y": (files.FLOAT, None)}, initializers, **more))


@pytest.mark.parametrize("kept", [0, 1, 7, 100, 2000])
def test_a_file_that_is_cut(assay, tmp_path, kept):
    whole = files.encoder().SerializeToString()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[:kept])
    assert any(said in refusal(assay, path, "--dim", "batch=1", "--dim", "sequence=4") for said in ("cut short", "is no graph", "checker", "which opset"))


def test_what_is_no_onnx_file_at_all(assay, tmp_path):
    path = tmp_path / "page.onnx"
    path.write_text("<!doctype html><title>404</title>")
    assert "this is no ONNX file, or it is cut short" in refusal(assay, path)
    assert "there is no such file" in refusal(assay, tmp_path / "none.onnx", code=2)
    (tmp_path / "folder.onnx").mkdir()
    assert "there is no such file" in refusal(assay, tmp_path / "folder.onnx", code=2)


def test_a_cycle(assay, tmp_path):
    path = of_nodes(tmp_path / "ring.onnx", node("Add", ["x", "b"], ["a"], "first"), node("Relu", ["a"], ["b"], "second"), node("Relu", ["b"], ["y"], "third"))
    assert "the graph has a cycle: node first (Add) needs its own output" in refusal(assay, path)


def test_nodes_out_of_order(assay, tmp_path):
    path = of_nodes(tmp_path / "late.onnx", node("Relu", ["a"], ["y"], "early"), node("Relu", ["x"], ["a"], "late"))
    assert "node late (Relu) comes too late" in refusal(assay, path)


@pytest.mark.parametrize("location", ["/etc/hostname", "../secret.bin", "a/../../secret.bin", "", "link.bin", "none.bin"])
def test_external_data_elsewhere(assay, tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(bytes(64))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").mkdir()
    (folder / "link.bin").symlink_to("../secret.bin")
    made = files.model([node("Add", ["x", "w"], ["y"], "sum")], {"x": (files.FLOAT, [2, 2])}, {"y": (files.FLOAT, [2, 2])}, {"w": files.weights(2, 2)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    (folder / "m.onnx").write_bytes(made.SerializeToString())
    said = refusal(assay, folder / "m.onnx")
    assert "tensor w" in said and any(text in said for text in ("must be a file beside the model", "leads out of", "not beside the model")), said


@pytest.mark.parametrize("offset, length", [("100", "16"), ("-1", "16"), ("0", "99999999999999"), ("x", "y")])
def test_external_data_beyond_its_file(assay, tmp_path, offset, length):
    made = files.model([node("Add", ["x", "w"], ["y"], "sum")], {"x": (files.FLOAT, [2, 2])}, {"y": (files.FLOAT, [2, 2])}, {"w": files.weights(2, 2)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "w.bin"), ("offset", offset), ("length", length)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    (tmp_path / "w.bin").write_bytes(bytes(64))
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    assert "tensor w: its data lies outside of w.bin" in refusal(assay, tmp_path / "m.onnx")


def test_operators_of_a_foreign_domain(assay, tmp_path):
    path = of_nodes(tmp_path / "fused.onnx", node("FusedMatMul", ["x", "x"], ["a"], "fused", domain="com.microsoft"),
                    node("BiasGelu", ["a", "a"], ["y"], "more", domain="com.microsoft"), opsets=[helper.make_opsetid("com.microsoft", 1)])
    said = refusal(assay, path)
    assert "node fused (com.microsoft.FusedMatMul) is no operator of the ONNX standard, and 1 more such nodes" in said


def test_an_operator_that_nobody_has(assay, tmp_path):
    path = of_nodes(tmp_path / "seq.onnx", node("SequenceConstruct", ["x"], ["s"], "list"), node("SequenceAt", ["s", "i"], ["t"], "at"), node("Det", ["t"], ["y"], "det"),
                    initializers={"i": numpy.array(0, numpy.int64)})
    said = refusal(assay, path)
    assert "Det (node det)" in said or "det (Det)" in said, said


@pytest.mark.parametrize("opset", [1, 6, 25, 1000])
def test_opsets_that_are_not_read(assay, tmp_path, opset):
    assert f"opset {opset} is not read, only 7 to 24" in refusal(assay, files.write(tmp_path / "old.onnx", files.relu([2], opset=opset)))


def test_tensors_of_two_to_the_fortieth_elements(assay, tmp_path):
    size = numpy.array([1 << 20, 1 << 20], numpy.int64)
    path = of_nodes(tmp_path / "made.onnx", node("ConstantOfShape", ["size"], ["big"], "huge"), node("ReduceMax", ["big"], ["m"], "most", keepdims=0), node("Add", ["x", "m"], ["y"], "sum"),
                    initializers={"size": size})
    refusal(assay, path)
    path = of_nodes(tmp_path / "wide.onnx", node("Expand", ["x1", "size"], ["big"], "wide"), node("Relu", ["big"], ["y"], "last"),
                    initializers={"size": size, "x1": numpy.ones((1, 1), numpy.float32)})
    refusal(assay, path)
    path = files.write(tmp_path / "open.onnx", files.relu(["n", "m"]))
    said = refusal(assay, path, "--dim", f"n={1 << 30}", "--dim", f"m={1 << 30}")
    assert "2^40 elements" in said, said


def test_an_initializer_that_claims_more_than_it_has(assay, tmp_path):
    made = files.model([node("Add", ["x", "w"], ["y"], "sum")], {"x": (files.FLOAT, [2, 2])}, {"y": (files.FLOAT, None)}, {"w": files.weights(2, 2)})
    made.graph.initializer[0].dims[0] = 1 << 40
    (tmp_path / "claims.onnx").write_bytes(made.SerializeToString())
    assert "checker refuses the file" in refusal(assay, tmp_path / "claims.onnx")


@pytest.mark.parametrize("depth", [60, 10_000])
def test_graphs_nested_without_end(assay, tmp_path, depth):
    path = tmp_path / "deep.onnx"
    path.write_bytes(files.nested(depth))
    refusal(assay, path)


def test_a_loop(assay, tmp_path):
    body = helper.make_graph([node("Identity", ["c"], ["d"], "on"), node("Relu", ["v"], ["w"], "step")], "body",
                             [helper.make_tensor_value_info("i", files.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []), helper.make_tensor_value_info("v", files.FLOAT, [2, 2])],
                             [helper.make_tensor_value_info("d", TensorProto.BOOL, []), helper.make_tensor_value_info("w", files.FLOAT, [2, 2])])
    path = of_nodes(tmp_path / "loop.onnx", node("Loop", ["n", "go", "x"], ["y"], "repeat", body=body),
                    initializers={"n": numpy.array(1 << 60, numpy.int64), "go": numpy.array(True)})
    assert f"node repeat (Loop): written out, its {1 << 60} turns are more than 50000 nodes" in refusal(assay, path)


@pytest.mark.parametrize("kind", [TensorProto.STRING, TensorProto.UINT64, TensorProto.COMPLEX64])
def test_inputs_of_types_that_nobody_can_generate(assay, tmp_path, kind):
    made = files.model([node("Identity", ["x"], ["y"], "same")], {"x": (kind, [2])}, {"y": (kind, [2])})
    assert "input x is of type" in refusal(assay, files.write(tmp_path / "typed.onnx", made))


def test_an_input_without_a_shape(assay, tmp_path):
    assert "input x has no shape in the file" in refusal(assay, files.write(tmp_path / "none.onnx", files.relu(None)))


def test_names_that_move_the_terminal_do_not_reach_it(assay, tmp_path):
    made = files.relu([2])
    made.graph.node[0].op_type = "No\x1b[2JSuch"
    path = tmp_path / "names.onnx"
    path.write_bytes(made.SerializeToString())
    assert "\x1b" not in refusal(assay, path)


def test_a_function_that_calls_itself(assay, tmp_path):
    function = helper.make_function("own", "Again", ["a"], ["b"], [helper.make_node("Again", ["a"], ["b"], domain="own")],
                                    [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])
    path = of_nodes(tmp_path / "again.onnx", node("Again", ["x"], ["y"], "call", domain="own"), functions=[function], opsets=[helper.make_opsetid("own", 1)])
    refusal(assay, path)


def test_functions_that_double_without_end(assay, tmp_path):
    """Thirty functions that each call the one before twice: 2^30 nodes when they are inlined."""
    functions = [helper.make_function("own", "F0", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 17)])]
    for level in range(1, 31):
        calls = [helper.make_node(f"F{level - 1}", ["a"], ["m"], domain="own"), helper.make_node(f"F{level - 1}", ["m"], ["b"], domain="own")]
        functions.append(helper.make_function("own", f"F{level}", ["a"], ["b"], calls, [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]))
    path = of_nodes(tmp_path / "bomb.onnx", node("F30", ["x"], ["y"], "call", domain="own"), functions=functions, opsets=[helper.make_opsetid("own", 1)])
    refusal(assay, path)


def test_a_strange_attribute(assay, tmp_path):
    made = files.relu([2])
    made.graph.node[0].attribute.append(helper.make_attribute("value", numpy_helper.from_array(numpy.zeros(3))))
    path = tmp_path / "attribute.onnx"
    onnx.save(made, path)
    refusal(assay, path)
