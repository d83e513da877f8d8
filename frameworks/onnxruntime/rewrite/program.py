"""An ONNX model that is being rewritten: its nodes as a list, and who makes and who reads each value."""

from dataclasses import dataclass

import numpy
import onnx
from onnx import helper, numpy_helper

FUSED = "com.microsoft"  # the domain of the runtime's own operators


@dataclass(frozen=True)
class Extent:
    """Where a weight lies: bytes `offset` to `offset` + `length` of a file beside the model."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True)
class Cache:
    """A state that is written in place: `length` rows are given, `capacity` have room; [1, heads, capacity, size]."""

    length: int
    capacity: int

    def filled(self, state):
        """The cache in memory with the given past."""
        batch, heads, length, size = state.shape
        array = numpy.zeros((batch, heads, self.capacity, size), state.dtype)
        array[:, :, :length] = state
        return array


class Program:
    """Fields that rules change: `nodes`; `caches` (state -> Cache); `cache_outputs` (output of the session -> the state it is bound
    to); `cache_rows` (output of the graph -> (state, shape): it is read from the cache's new row)."""

    def __init__(self, model, graph):
        self._model = model
        self._graph = graph
        self._constants = {entry.name: entry for entry in model.graph.initializer}
        self.nodes = list(model.graph.node)
        self.output_names = [output.name for output in model.graph.output]
        self.caches, self.cache_outputs, self.cache_rows = {}, {}, {}
        self.notes = []
        self._index()

    def _index(self):
        self._makers = {name: node for node in self.nodes for name in node.output if name}
        self._readers = {}
        for node in self.nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)

    def value(self, name):
        """A value of Assay's graph; None for one that the export or a rule added."""
        return self._graph.values.get(name)

    def shape(self, name):
        value = self.value(name)
        return value.shape if value else None

    def role(self, name):
        value = self.value(name)
        return value.role if value else None

    def maker(self, name):
        return self._makers.get(name)

    def readers(self, name):
        return self._readers.get(name, [])

    def is_output(self, name):
        return name in self.output_names

    def constant(self, name):
        """The array of a small constant, else None."""
        value = self.value(name)
        return value.data if value else None

    def add_constant(self, name, array):
        """A constant; adding it again does nothing."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def extent(self, name):
        """Where a weight lies in its file; None for any other value."""
        constant = self._constants.get(name)
        if constant is None or not _external(constant):
            return None
        entries = {entry.key: entry.value for entry in constant.external_data}
        return Extent(entries["location"], int(entries["offset"]), int(entries["length"]))

    def add_joined_weight(self, names):
        """The name of one matrix with the rows of all, when they lie one after the other in the file in this order; else None."""
        extents, shapes = [self.extent(name) for name in names], [self.shape(name) for name in names]
        follow = all(a.file == b.file and a.offset + a.length == b.offset for a, b in zip(extents, extents[1:]))
        if not follow or len({shape[1:] for shape in shapes}) != 1 or any(len(shape) != 2 for shape in shapes):
            return None
        name = "+".join(names)
        joined = self._constants[name] = onnx.TensorProto()
        joined.CopyFrom(self._constants[names[0]])
        joined.name, joined.dims[0] = name, sum(shape[0] for shape in shapes)
        for entry in joined.external_data:
            if entry.key == "length":
                entry.value = str(sum(extent.length for extent in extents))
        return name

    def replace(self, old, *new):
        """Puts the nodes `new` where the first of the nodes `old` is, and takes all of those out."""
        place = min(index for index, node in enumerate(self.nodes) if any(node is one for one in old))
        kept = [node for node in self.nodes if not any(node is one for one in old)]
        self.nodes = kept[:place] + list(new) + kept[place:]
        self._index()

    def prepend(self, *new):
        """Puts nodes before all others."""
        self.nodes = list(new) + self.nodes
        self._index()

    def made(self, name):
        """Whether a node makes the value."""
        return name in self._makers

    def drop_outputs(self, names):
        """Outputs of the graph that nobody asks for any more."""
        _fill(self._model.graph.output, [entry for entry in self._model.graph.output if entry.name not in names])
        self.output_names = [name for name in self.output_names if name not in names]

    def make_weights_variable(self):
        """Trainable parameters become inputs too: what may change is neither folded nor packed."""
        known = {entry.name for entry in self._model.graph.input}
        for parameter in self._graph.trainable():
            if parameter.name in self._constants and parameter.name not in known:
                self._model.graph.input.append(_info(parameter.name, onnx.TensorProto.FLOAT, parameter.shape))

    def bytes(self):
        """The model, serialised."""
        graph = self._model.graph
        for entry in graph.input:
            if entry.name in self.caches:
                entry.type.tensor_type.shape.dim[2].dim_value = self.caches[entry.name].capacity
        outputs = [entry for entry in graph.output if entry.name not in self.cache_rows]
        outputs += [self._cache_info(name, past) for name, past in self.cache_outputs.items()]
        _fill(graph.output, outputs)
        _fill(graph.node, self.nodes)
        used = {name for node in self.nodes for name in node.input}
        _fill(graph.initializer, [entry for name, entry in self._constants.items() if name in used])
        if all(entry.domain != FUSED for entry in self._model.opset_import):
            self._model.opset_import.append(helper.make_opsetid(FUSED, 1))
        return self._model.SerializeToString()

    def _cache_info(self, name, past):
        batch, heads, _, size = self.shape(past)
        return _info(name, onnx.TensorProto.FLOAT, (batch, heads, self.caches[past].capacity, size))

    def alone(self, node):
        """(form, model): what tells this node's kind from others, and a model of it alone, its inputs those of the graph."""
        inputs = [self._input_info(name) for name in dict.fromkeys(node.input) if name and name not in self._constants]
        constants = [self._constants[name] for name in dict.fromkeys(node.input) if name in self._constants]
        inputs += [_info(one.name, one.data_type, one.dims) for one in constants if _external(one)]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        graph = helper.make_graph([node], "alone", inputs, outputs, [one for one in constants if not _external(one)])
        model = helper.make_model(graph, opset_imports=self._model.opset_import, ir_version=self._model.ir_version)
        kinds = [f"{one.type.tensor_type.elem_type}:{len(one.type.tensor_type.shape.dim)}" for one in inputs]
        attributes = [(one.name, one.SerializeToString()) for one in sorted(node.attribute, key=lambda one: one.name)]
        return (node.domain, node.op_type, tuple(kinds), tuple(attributes)), model.SerializeToString()

    def _input_info(self, name):
        value = self.value(name)
        if value is None:  # made by the export: rows of a matrix
            return _info(name, onnx.TensorProto.FLOAT, (None, None))
        return _info(name, helper.np_dtype_to_tensor_dtype(_numpy(value.dtype)), value.shape)


def _numpy(dtype):
    from assay_runner import DTYPES

    return DTYPES[dtype]


def _external(constant):
    return constant.data_location == onnx.TensorProto.EXTERNAL


def _info(name, element, shape):
    return helper.make_tensor_value_info(name, element, list(shape))


def _fill(field, entries):
    entries = list(entries)
    del field[:]
    field.extend(entries)


def attributes(node):
    """A node's attributes by name."""
    return {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
