"""For runners that say a graph in their framework node by node: rules by operator, and the node as a rule sees it. A rule that cannot do
its node refuses it, and says why."""


class Cannot(Exception):
    """The framework cannot do a node; the message says why."""


class Rules:
    """The rules of a framework by the names of operators."""

    def __init__(self, framework):
        self._framework, self._rules = framework, {}

    def operator(self, *names):
        """Registers a rule for the operators of these names."""

        def register(rule):
            for name in names:
                assert name not in self._rules, name
                self._rules[name] = rule
            return rule

        return register

    def names(self):
        """Of all operators, sorted."""
        return sorted(self._rules)

    def of(self, name):
        if name not in self._rules:
            raise Cannot(f"no mapping of {name} to {self._framework}")
        return self._rules[name]


# Attributes that follow from the shapes, that concern another form of the operator only, or that say how frameworks compute anyway.
_SAYS_NOTHING = {
    "allowzero", "ceil_mode", "kernel_shape", "kv_num_heads", "momentum", "nearest_mode", "noop_with_empty_axes", "num_heads",
    "num_outputs", "q_num_heads", "qk_matmul_output_mode", "reduction", "round_mode", "saturate", "stash_type", "storage_order",
}


class NodeCall:
    """What a node of the graph says: its attributes, the shapes of its inputs and outputs, its constants."""

    def __init__(self, graph, node):
        self.graph, self.node, self.op = graph, node, node.op
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
        return len(self.shape(index))

    def is_floating(self, index):
        return self.value(index).dtype in ("F32", "F64", "F16", "BF16")

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
