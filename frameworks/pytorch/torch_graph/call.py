"""One node while its source is written: what the node says, and what the rules need to say it in PyTorch."""

import math

import numpy

from .registry import Cannot

# Attributes that follow from the shapes, that concern another form of the operator only, or that say how PyTorch computes anyway.
_SAYS_NOTHING = {
    "allowzero", "ceil_mode", "kernel_shape", "kv_num_heads", "momentum", "nearest_mode", "noop_with_empty_axes", "num_heads",
    "num_outputs", "q_num_heads", "qk_matmul_output_mode", "reduction", "round_mode", "saturate", "stash_type", "storage_order",
}


class Call:
    """`writer` is the program that is being written (source.Writer)."""

    def __init__(self, writer, node):
        self.writer = writer
        self.graph = writer.graph
        self.node = node
        self.op = node.op
        self._read = set()  # attributes that the rule asked for

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

    def dtype(self, index):
        return self.value(index).dtype

    def floating(self, index):
        return self.dtype(index) in ("F32", "F64", "F16", "BF16")

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

    def x(self, index):
        """The expression of input `index`, "None" when it is not given."""
        name = self.node.input(index)
        return "None" if name is None else self.writer.expression(name)

    def scalar(self, index):
        """Like `x`, but a constant with one element that adds no dimension becomes a plain number."""
        data = self.value(index).data
        if data is None or data.size != 1 or data.ndim > len(self.result_shape()) or data.dtype == numpy.bool_:
            return self.x(index)
        number = data.reshape(()).item()
        return repr(number) if math.isfinite(number) else f"float('{number}')"

    def constant(self, index, what):
        """The array of input `index`; refuses when it is not a constant."""
        data = self.value(index).data
        if data is None:
            self.refuse(f"{what} must be a constant")
        return data

    def integers(self, index, what):
        """The same as a list of int."""
        return [int(entry) for entry in self.constant(index, what).reshape(-1)]

    def bind(self, array, hint):
        """A new constant of the program with this array; returns its expression."""
        return self.writer.bind(array, f"{self.node.name}.{hint}")

    def shared(self, key, expression):
        """The name of a variable that holds the expression, computed once for all nodes that ask with the same key."""
        return self.writer.shared(key, expression)

    def line(self, statement):
        self.writer.line(statement)

    def fresh(self, hint):
        """A variable name of this node's own."""
        return self.writer.fresh(f"{self.node.name}.{hint}")

    def let(self, hint, expression):
        """Assigns the expression to a variable of this node's own and returns its name."""
        name = self.fresh(hint)
        self.line(f"{name} = {expression}")
        self.writer.drop_after_node(name)
        return name

    def refuse(self, message):
        raise Cannot(message)
