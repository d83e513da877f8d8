"""The graph as a runner sees it, read from docs/graph-format.md's JSON into plain dataclasses."""

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy

# The graph's element types and the numpy types they are read into. BF16 has none in numpy.
DTYPES = {
    "F32": numpy.dtype("<f4"),
    "F64": numpy.dtype("<f8"),
    "F16": numpy.dtype("<f2"),
    "I64": numpy.dtype("<i8"),
    "I32": numpy.dtype("<i4"),
    "BOOL": numpy.dtype("?"),
}


@dataclass(frozen=True)
class Value:
    """One value of the graph. `data` is set for constants, an array of `shape`."""

    name: str
    dtype: str
    shape: Tuple[int, ...]
    role: str  # input, state, parameter, constant, computed
    trainable: bool = False
    data: Optional[numpy.ndarray] = None


@dataclass(frozen=True)
class Node:
    """One operator. An input or output that is left out is the empty string."""

    name: str
    op: str
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    attributes: Dict[str, Any]

    def input(self, index):
        """Name of input `index`, or None when it is not given."""
        return (self.inputs[index] or None) if index < len(self.inputs) else None

    def output(self, index):
        """Name of output `index`, or None when it is not wanted."""
        return (self.outputs[index] or None) if index < len(self.outputs) else None

    def attribute(self, name, otherwise=None):
        return self.attributes.get(name, otherwise)


@dataclass(frozen=True)
class Graph:
    """Values by name, nodes in an order in which they can be evaluated, names of the outputs."""

    name: str
    values: Dict[str, Value]
    nodes: List[Node]
    outputs: List[str]

    def with_role(self, role):
        """All values of one role, in the graph's order."""
        return [value for value in self.values.values() if value.role == role]

    def trainable(self):
        """The parameters that have a gradient, in the graph's order."""
        return [value for value in self.with_role("parameter") if value.trainable]

    def constant(self, name):
        """The array behind `name` when it is a constant, else None."""
        return self.values[name].data if name else None


def read_graph(path):
    """The graph in the JSON file at `path`. Raises ValueError naming the file when it is none."""
    with open(path, encoding="utf-8") as file:
        try:
            document = json.load(file)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    if document.get("assay_graph") != 1:
        raise ValueError(f"{path}: not a graph of version 1 (assay_graph is {document.get('assay_graph')!r})")
    values = [_value(entry) for entry in document["values"]]
    nodes = [_node(entry) for entry in document["nodes"]]
    return Graph(document["name"], {value.name: value for value in values}, nodes, list(document["outputs"]))


def _value(entry):
    shape = tuple(entry["shape"])
    data = None
    if entry["role"] == "constant":
        data = numpy.array(entry["data"], dtype=DTYPES[entry["dtype"]]).reshape(shape)
    return Value(entry["name"], entry["dtype"], shape, entry["role"], entry.get("trainable", False), data)


def _node(entry):
    return Node(entry["name"], entry["op"], tuple(entry["inputs"]), tuple(entry["outputs"]), entry.get("attributes", {}))
