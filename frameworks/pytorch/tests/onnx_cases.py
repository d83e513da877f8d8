"""ONNX's own node tests of the operators that a graph can hold, as graphs of one node with inputs and expected outputs."""

import warnings
from dataclasses import dataclass
from typing import Dict

import numpy
from assay_runner import DTYPES, Graph, Node, Value

# Operands that decide shapes: constants in a graph of Assay.
STATIC = {
    "CumSum": (1,), "Expand": (1,), "OneHot": (1,), "Pad": (1, 3), "ReduceL1": (1,), "ReduceL2": (1,), "ReduceLogSum": (1,),
    "ReduceLogSumExp": (1,), "ReduceMax": (1,), "ReduceMean": (1,), "ReduceMin": (1,), "ReduceProd": (1,), "ReduceSum": (1,),
    "ReduceSumSquare": (1,), "Reshape": (1,), "Resize": (1, 2, 3), "Slice": (1, 2, 3, 4), "Split": (1,), "Squeeze": (1,), "Tile": (1,),
    "TopK": (1,), "Trilu": (1,), "Unsqueeze": (1,),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass
class Case:
    name: str
    graph: Graph
    inputs: Dict[str, numpy.ndarray]
    expected: Dict[str, numpy.ndarray]
    rtol: float
    atol: float


def cases(operators):
    """All cases of one node whose operator is among `operators`, of the operator's newest version in opset 24."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        collected = collect_testcases(None)
    single = (case for case in collected if len(case.model.graph.node) == 1 and case.model.graph.node[0].op_type in operators)
    return [converted for converted in map(_convert, single) if converted]


def _convert(case):
    """The Case, or None when a tensor has an element type that a graph does not have, or none at all."""
    node = case.model.graph.node[0]
    given, wanted = case.data_sets[0]
    names = [entry.name for entry in case.model.graph.input]
    inputs, expected = dict(zip(names, given)), dict(zip([entry.name for entry in case.model.graph.output], wanted))
    tensors = {**inputs, **expected}
    if any(not isinstance(array, (numpy.ndarray, numpy.generic)) or array.dtype not in _NAMES for array in tensors.values()):
        return None
    static = {node.input[index] for index in STATIC.get(node.op_type, ()) if index < len(node.input)}
    values = {name: _value(name, numpy.asarray(array), inputs, static) for name, array in tensors.items()}
    operator = Node("node", node.op_type, tuple(node.input), tuple(node.output), _attributes(node))
    graph = Graph(case.name, values, [operator], list(expected))
    arguments = {name: numpy.asarray(array) for name, array in inputs.items() if name not in static}
    return Case(case.name, graph, arguments, expected, case.rtol, case.atol)


def _value(name, array, inputs, static):
    role = "constant" if name in static else "input" if name in inputs else "computed"
    return Value(name, _NAMES[array.dtype], array.shape, role, data=array if role == "constant" else None)


def _attributes(node):
    import onnx

    plain = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in plain.items()}
