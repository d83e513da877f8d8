"""Loops of an ONNX file are written out where it is known how many turns they make, and refused by name where it is not."""

import numpy
import onnx_files as files
import pytest
from onnx import TensorProto, helper, numpy_helper
from test_onnx_files import graph_of, operators, same

FLOAT, INT64, BOOL = files.FLOAT, files.INT64, TensorProto.BOOL


def info(name, kind=FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def loop(turns=3, goes=True, opset=17):
    """y = x * 2^turns; rows: x, 2 x + 0, 4 x + 1 …, what it is plus the turn's number at each."""
    nodes = [helper.make_node("Add", ["v", "v"], ["w"]), helper.make_node("Cast", ["i"], ["f"], to=FLOAT), helper.make_node("Add", ["v", "f"], ["row"]), helper.make_node("Identity", ["c"], ["d"])]
    body = helper.make_graph(nodes, "body", [info("i", INT64, []), info("c", BOOL, []), info("v", shape=[2])], [info("d", BOOL, []), info("w", shape=[2]), info("row", shape=[2])])
    made = files.model([helper.make_node("Loop", ["n", "go", "x"], ["y", "rows"], name="repeat", body=body)], {"x": (FLOAT, [2])}, {"y": (FLOAT, [2]), "rows": (FLOAT, None)},
                       {"n": numpy.array(turns, numpy.int64), "go": numpy.array(goes)}, opset)
    return made


def scan(backwards=False):
    """A running sum over the rows of x, each of which is told doubled."""
    nodes = [helper.make_node("Add", ["s", "r"], ["t"]), helper.make_node("Mul", ["t", "two"], ["told"])]
    body = helper.make_graph(nodes, "body", [info("s", shape=[3]), info("r", shape=[3])], [info("t", shape=[3]), info("told", shape=[3])],
                             [numpy_helper.from_array(numpy.array(2, numpy.float32), "two")])
    node = helper.make_node("Scan", ["zero", "x"], ["end", "y"], name="scan", body=body, num_scan_inputs=1, scan_input_directions=[int(backwards)], scan_output_directions=[int(backwards)],
                            scan_input_axes=[0], scan_output_axes=[1])
    return files.model([node], {"x": (FLOAT, ["n", 3])}, {"end": (FLOAT, [3]), "y": (FLOAT, None)}, {"zero": numpy.zeros(3, numpy.float32)})


@pytest.mark.parametrize("opset", [12, 17, 21])
def test_a_loop_of_known_length(assay, tmp_path, opset):
    path = files.write(tmp_path / "loop.onnx", loop(opset=opset))
    graph, _ = graph_of(assay, path)
    assert operators(graph).count("Add") == 6 and "Loop" not in operators(graph)
    same(assay, path, tmp_path / "m")


def by_hand(x, backwards):
    sums = numpy.cumsum(x[::-1] if backwards else x, axis=0)
    return sums[-1], 2 * (sums[::-1] if backwards else sums).T


@pytest.mark.parametrize("backwards", [False, True])
def test_a_scan_over_rows(assay, tmp_path, backwards):
    from test_onnx_files import computed

    inputs, found = computed(assay, files.write(tmp_path / "scan.onnx", scan(backwards)), tmp_path / "m", "--dim", "n=4")
    for name, array in zip(("end", "y"), by_hand(inputs["x"].astype(numpy.float64), backwards), strict=True):
        numpy.testing.assert_allclose(found[name], array, rtol=1e-6)


def test_a_number_of_turns_that_is_an_input_can_be_fixed(assay, tmp_path):
    made = loop()
    del made.graph.initializer[0]
    made.graph.input.append(info("n", INT64, []))
    path = files.write(tmp_path / "loop.onnx", made)
    done = assay("graph", path)
    assert done.code == 4 and "node repeat (Loop): its number of turns does not follow from constants, or it may end before; --fix INPUT=VALUE" in done.err, done.err
    assert operators(graph_of(assay, path, "--fix", "n=2")[0]).count("Add") == 4


def test_loops_inside_of_loops_are_counted_together(assay, tmp_path):
    inner = loop(turns=1000).graph
    body = helper.make_graph([helper.make_node("Identity", ["g"], ["h"]), helper.make_node("Loop", ["n", "go", "a"], ["b", "rows"], name="inner", body=inner.node[0].attribute[0].g)], "outer",
                             [info("k", INT64, []), info("g", BOOL, []), info("a", shape=[2])], [info("h", BOOL, []), info("b", shape=[2])])
    made = files.model([helper.make_node("Loop", ["n", "go", "x"], ["y"], name="outer", body=body)], {"x": (FLOAT, [2])}, {"y": (FLOAT, [2])},
                       {"n": numpy.array(1000, numpy.int64), "go": numpy.array(True)})
    done = assay("graph", files.write(tmp_path / "nested.onnx", made))
    assert done.code == 4 and "(Loop): written out, its 1000 turns are more than 50000 nodes" in done.err, done.err


def test_a_loop_that_may_end_before_or_is_too_long_is_refused(assay, tmp_path):
    done = assay("graph", files.write(tmp_path / "ends.onnx", loop(goes=False)))
    assert done.code == 4 and "node repeat (Loop): its number of turns does not follow from constants, or it may end before" in done.err, done.err
    done = assay("graph", files.write(tmp_path / "long.onnx", loop(turns=1 << 40)))
    assert done.code == 4 and f"node repeat (Loop): written out, its {1 << 40} turns are more than 50000 nodes" in done.err, done.err
    done = assay("graph", files.write(tmp_path / "none.onnx", loop(turns=0)))
    assert done.code == 4 and "node repeat (Loop): it makes no turn, and what it collects is empty" in done.err, done.err
