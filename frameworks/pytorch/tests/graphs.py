"""Small graphs for tests, written in code, and the files and requests that load them."""

from pathlib import Path

import numpy
from assay_runner import Graph, Load, Node, Value


class Maker:
    """Collects values and nodes. Every method returns the new value's name."""

    def __init__(self, seed=0):
        self.random = numpy.random.default_rng(seed)
        self.values, self.nodes, self.arrays = {}, [], {}

    def _value(self, name, dtype, shape, role, **more):
        self.values[name] = Value(name, dtype, tuple(shape), role, **more)
        return name

    def input(self, name, shape, dtype="F32"):
        return self._value(name, dtype, shape, "input")

    def parameter(self, name, shape, trainable=True):
        self.arrays[name] = self.random.standard_normal(shape).astype(numpy.float32)
        return self._value(name, "F32", shape, "parameter", trainable=trainable)

    def constant(self, name, array):
        array = numpy.asarray(array)
        dtype = {"int64": "I64", "float32": "F32", "bool": "BOOL"}[array.dtype.name]
        return self._value(name, dtype, array.shape, "constant", data=array)

    def node(self, name, op, inputs, shape, dtype="F32", **attributes):
        self.nodes.append(Node(name, op, tuple(inputs), (name,), attributes))
        return self._value(name, dtype, shape, "computed")

    def graph(self, *outputs):
        return Graph("test", dict(self.values), list(self.nodes), list(outputs))

    def request(self, graph, variant="eager", gradients=False, **more):
        """The Load of this graph."""
        paths = dict(cache=Path("."), graph_path=Path("g"), weights_path=Path("w"), onnx_path=None)
        fields = dict(device="cpu", precision="f32", threads=1, **paths)
        return Load(graph, self.arrays, self.arrays, gradients, variant, **{**fields, **more})


def attention_block():
    """One layer of attention with grouped heads on 4 positions; keys and values are outputs too."""
    make, length = Maker(), 4
    x = make.input("x", (1, length, 24))
    angles = numpy.arange(length)[:, None] * 0.3 ** numpy.arange(4)
    cos, sin = (make.constant(name, f(angles)[None].astype(numpy.float32)) for name, f in (("cos", numpy.cos), ("sin", numpy.sin)))
    heads = {"q": 4, "k": 2, "v": 2}
    made = {}
    for part, count in heads.items():
        weight = make.parameter(f"{part}.weight", (count * 8, 24))
        made[part] = make.node(part, "Linear", [x, weight], (1, length, count * 8))
        if part != "v":
            made[part] = make.node(part + "_rotated", "RotaryEmbedding", [made[part], cos, sin], (1, length, count * 8), num_heads=count)
    y = make.node("y", "Attention", [made["q"], made["k"], made["v"]], (1, length, 32), is_causal=1, q_num_heads=4, kv_num_heads=2)
    return make, make.graph(y, made["k"], made["v"])


def classifier():
    """A loss with a parameter that is read twice, one that is not trainable and one that nobody reads."""
    make = Maker()
    x, labels = make.input("x", (5, 6)), make.input("labels", (5,), "I64")
    square, frozen = make.parameter("square", (6, 6)), make.parameter("frozen", (6,), trainable=False)
    make.parameter("unused", (3,))
    h = make.node("h", "Linear", [x, square], (5, 6))
    h = make.node("scaled", "Mul", [h, frozen], (5, 6))
    h = make.node("active", "Swish", [h], (5, 6))
    h = make.node("scores", "Linear", [h, square], (5, 6))
    return make, make.graph(make.node("loss", "SoftmaxCrossEntropyLoss", [h, labels], (), reduction="mean"))


def convolutions():
    """The mean of two convolutions over images, the second pointwise, with a bias and a ReLU between them."""
    make = Maker()
    x = make.input("x", (2, 3, 9, 8))
    first, bias, second = make.parameter("first", (6, 3, 3, 3)), make.parameter("bias", (6,)), make.parameter("second", (4, 6, 1, 1))
    h = make.node("h", "Conv", [x, first, bias], (2, 6, 9, 8), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    h = make.node("active", "Relu", [h], (2, 6, 9, 8))
    y = make.node("y", "Conv", [h, second], (2, 4, 9, 8), kernel_shape=[1, 1])
    return make, make.graph(make.node("loss", "ReduceMean", [y], (), keepdims=0))
