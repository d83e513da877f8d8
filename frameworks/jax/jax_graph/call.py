"""One node while it is traced: its operands and attributes."""

import jax.numpy as jnp
import numpy

from .registry import Cannot

# Element types by their code in ONNX (TensorProto.DataType).
TYPES = {1: numpy.float32, 6: numpy.int32, 7: numpy.int64, 9: numpy.bool_, 10: numpy.float16, 11: numpy.float64}

# Attributes that follow from the shapes, that concern another form of the operator only, or that say how JAX computes anyway.
_SAYS_NOTHING = {
    "allowzero", "ceil_mode", "kernel_shape", "kv_num_heads", "momentum", "nearest_mode", "noop_with_empty_axes", "num_heads",
    "num_outputs", "q_num_heads", "qk_matmul_output_mode", "reduction", "round_mode", "saturate", "stash_type", "storage_order",
}


class Call:
    """`operands` are the node's inputs as arrays, None where one is not given; `caches` the program's keys and values (program.Caches)."""

    def __init__(self, graph, node, operands, caches):
        self.graph, self.node, self.op = graph, node, node.op
        self._operands, self.caches = operands, caches
        self._read = set()  # attributes that the rule asked for

    def x(self, index):
        """Input `index` as an array, None when it is not given."""
        return self._operands[index] if index < len(self._operands) else None

    def given(self, index):
        return self.node.input(index) is not None

    def wanted(self, index):
        return self.node.output(index) is not None

    def value(self, index):
        """The value behind input `index`."""
        return self.graph.values[self.node.input(index)]

    def shape(self, index):
        return self.value(index).shape

    def rank(self, index):
        return len(self.value(index).shape)

    def is_floating(self, index):
        return jnp.issubdtype(self.x(index).dtype, jnp.floating)

    def result_shape(self, index=0):
        return self.graph.values[self.node.output(index)].shape

    def attribute(self, name, otherwise=None):
        self._read.add(name)
        return self.node.attributes.get(name, otherwise)

    def refuse_unread(self):
        """Refuses an attribute that the rule did not look at and that may say something: nothing is left out silently."""
        unread = sorted(set(self.node.attributes) - self._read - _SAYS_NOTHING)
        if unread:
            self.refuse(f"attribute {', '.join(unread)}")

    def axis(self, otherwise, rank=None):
        """The attribute `axis`, counted from the front."""
        axis = self.attribute("axis", otherwise)
        return axis + (self.rank(0) if rank is None else rank) if axis < 0 else axis

    def data(self, index):
        """The array of input `index` where it is a constant, else None."""
        return self.value(index).data if self.given(index) else None

    def constant(self, index, what):
        """The array of input `index`; refuses when it is not a constant."""
        data = self.data(index)
        if data is None:
            self.refuse(f"{what} must be a constant")
        return data

    def integers(self, index, what):
        """The same as a list of int."""
        return [int(entry) for entry in self.constant(index, what).reshape(-1)]

    def refuse(self, message):
        raise Cannot(message)
