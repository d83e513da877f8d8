"""A graph while its integers become whole numbers in float32: the nodes written so far, and what is known of values."""

import narrow
import numpy as np
import onnx
from onnx import helper, numpy_helper
from refused import Refused, called

FLOAT, INT32 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32


class Rewriting:
    def __init__(self, graph, types, shapes):
        self.types, self.shapes = types, shapes
        self.tensors = {tensor.name: tensor for tensor in graph.initializer}
        self.nodes, self.made = [], []
        self.names = {name for node in graph.node for name in [*node.output, *node.input]} | self.tensors.keys()
        self.renamed = {}  # inputs by the value that holds them in float32
        self.whole = {}  # int32 values that were sums in float32: by name, that sum
        self.centred = {}  # quantised values: by name, the value less its zero point, and that zero point
        self.numbers = {}  # constants of one number, by it
        self.long_sums = False

    def unique(self, name):
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name

    def put(self, op, inputs, output, **attributes):
        """A node with one output of that name, or of one like it where another value has it. Returns the name."""
        name = self.unique(output)
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def finish(self, node, op, inputs, place=0, **attributes):
        """The node that gives what `node` gave as that output."""
        self.nodes.append(helper.make_node(op, inputs, [node.output[place]], name=node.name or node.output[place], **attributes))

    def constant(self, array, name):
        name = self.unique(name)
        self._keep(array, name)
        return name

    def becomes_constant(self, node, array):
        """The node's output is that constant."""
        self._keep(array, node.output[0])

    def _keep(self, array, name):
        self.made.append(numpy_helper.from_array(np.asarray(array), name))
        self.tensors[name] = self.made[-1]

    def array(self, name):
        """What a constant holds, or nothing where the value is none."""
        return narrow.array_of(self.tensors[name]) if name in self.tensors else None

    def number(self, value):
        """A constant of that one number, the same for all who want it."""
        if value not in self.numbers:
            self.numbers[value] = self.constant(np.array(value, np.float32), f"number {value:g}")
        return self.numbers[value]

    def held(self, name, node):
        """A constant as a constant in float32, any other value as float_of()."""
        array = self.array(name)
        return self.float_of(name, node) if array is None else self.constant(array.astype(np.float32), f"{name}/float32")

    def float_of(self, name, node):
        """A value, whatever its type, as float32."""
        if name in self.whole:
            return self.whole[name]
        kind = self.types.get(name, FLOAT)
        if kind == INT32:
            return self.put("Cast", [name], f"{node.output[0]}/float32", to=FLOAT)
        if kind not in narrow.RANGES and kind not in (FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE):
            raise Refused(f"{called(node)}: {name} is of type {narrow.name_of(kind)}, which is not there")
        return name

    def shape(self, name, node):
        if name not in self.shapes:
            raise Refused(f"{called(node)}: the shape of {name} does not follow from the file")
        return self.shapes[name]
