"""A recurrence with the batch first computes what the one with the steps first does."""

import numpy
import onnx
import onnxruntime
import pytest
from assay_runner import Graph, Node, Value
from onnx import TensorProto, helper
from rewrite import rewritten

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
STEPS, BATCH, INPUT, HIDDEN = 5, 2, 4, 3


def shapes(op, first):
    rows = GATES[op] * HIDDEN
    state = (BATCH, 2, HIDDEN) if first else (2, BATCH, HIDDEN)
    found = {"x": (BATCH, STEPS, INPUT) if first else (STEPS, BATCH, INPUT), "w": (2, rows, INPUT), "r": (2, rows, HIDDEN), "h": state}
    return found | ({"c": state} if op == "LSTM" else {})


def results(folder, op, arrays, first):
    """The outputs of the rewritten model, and its operators."""
    names = ["y", "y_h", "y_c"][:3 if op == "LSTM" else 2]
    inputs = ["x", "w", "r", "", "", "h", "c"][:7 if op == "LSTM" else 6]
    settings = {"direction": "bidirectional", "hidden_size": HIDDEN, "layout": int(first)}
    values = {name: Value(name, "F32", shape, "input") for name, shape in shapes(op, first).items()}
    graph = Graph("test", values, [Node("node", op, tuple(inputs), tuple(names), settings)], names)
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    parts = helper.make_graph([helper.make_node(op, inputs, names, name="node", **settings)], "test",
                              [info(*one) for one in shapes(op, first).items()], [info(name, None) for name in names])
    onnx.save(helper.make_model(parts, opset_imports=[helper.make_opsetid("", 22)], ir_version=10), folder / "model.onnx")
    program = rewritten(folder / "model.onnx", graph, variable_weights=False)
    session = onnxruntime.InferenceSession(program.bytes(), providers=["CPUExecutionProvider"])
    return session.run(None, arrays), [node.op_type for node in program.nodes]


@pytest.mark.parametrize("op", GATES)
def test_the_layouts_agree(tmp_path, op):
    random = numpy.random.default_rng(0)
    given = {name: random.standard_normal(shape).astype(numpy.float32) for name, shape in shapes(op, False).items()}
    turned = {name: array if name in "wr" else numpy.ascontiguousarray(array.swapaxes(0, 1)) for name, array in given.items()}
    (y, *states), operators = results(tmp_path, op, turned, True)
    assert operators.count("Transpose") == 2 * len(states) + 2
    (expected, *expected_states), operators = results(tmp_path, op, given, False)
    assert "Transpose" not in operators
    numpy.testing.assert_array_equal(y, expected.transpose(2, 0, 1, 3))
    for one, other in zip(states, expected_states):
        numpy.testing.assert_array_equal(one, other.swapaxes(0, 1))
