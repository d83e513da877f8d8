"""One node while its source is written: what the node says, and what the rules need to say it in PyTorch."""

import math

import numpy
from assay_runner.rules import NodeCall


def literal(number):
    """A number as Python reads it, infinities too."""
    return repr(number) if math.isfinite(number) else f"float('{number}')"


class Call(NodeCall):
    """`writer` is the program that is being written (source.Writer)."""

    def __init__(self, writer, node):
        super().__init__(writer.graph, node)
        self.writer = writer

    def dtype(self, index):
        return self.value(index).dtype

    def x(self, index):
        """The expression of input `index`, "None" when it is not given."""
        name = self.node.input(index)
        return "None" if name is None else self.writer.expression(name)

    def scalar(self, index):
        """Like `x`, but a constant with one element that adds no dimension becomes a plain number."""
        data = self.value(index).data
        if data is None or data.size != 1 or data.ndim > len(self.result_shape()) or data.dtype == numpy.bool_:
            return self.x(index)
        return literal(data.reshape(()).item())

    def rows(self, index, entry, rows):
        """Rows of one entry of input `index` in another order. A weight that stays is put into it once."""
        return self.writer.rows(self.node.input(index), entry, rows)

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
