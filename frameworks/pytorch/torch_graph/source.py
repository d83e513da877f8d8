"""Writes the Python source of a graph: a function with one call a node, variables deleted after their last use."""

import builtins
import keyword
import re

from assay_runner.rules import Cannot

from .call import Call
from .registry import RULES


class Writer:
    """Collects lines and the tensors they refer to.

    `prefix` stands before every resident tensor (parameters, states, constants): "" when they are globals of the function, "self."
    when they are attributes of a module. `gradients` says that autograd will look at what the function does. `reserved` are names
    that no variable may have.
    """

    def __init__(self, graph, prefix, gradients=False, reserved=()):
        self.graph = graph
        self.prefix = prefix
        self.gradients = gradients
        self.bound = {}  # identifier -> numpy array: constants that the rules made or that the graph holds
        self.arranged = {}  # identifier -> (name of the parameter, its entry, the rows of that in their order)
        self.resident = {}  # identifier -> name of the parameter or state
        self.caches = {}  # identifier -> (name of the state, length): a state with room for `length` positions in dimension 2
        self._identifiers = {}  # value -> identifier
        self._taken = {"self", "F", "torch", *keyword.kwlist, *dir(builtins), *reserved}
        self._shared = {}
        self._bound_once = {}
        self._by_head = {}  # value -> (heads, identifier)
        self._assigned = set()  # computed values that have a variable
        self._lines = []
        self._dropped = []
        self._last_use = self._last_uses()

    def write(self, arguments):
        """(source of `forward`, faults as (node, message)). The function takes `arguments` and returns the outputs as a tuple."""
        faults = []
        parameters = [self.identifier(name) for name in arguments]
        for index, node in enumerate(self.graph.nodes):
            try:
                self._node(index, node)
            except Cannot as fault:
                faults.append((node, str(fault)))
        results = "".join(self.expression(name) + ", " for name in self.graph.outputs) if not faults else ""
        head = ", ".join((["self"] if self.prefix else []) + parameters)
        return "\n".join([f"def forward({head}):", *("    " + line for line in self._lines), f"    return ({results})", ""]), faults

    # What rules call, through Call.

    def expression(self, name):
        """How the source refers to a value."""
        value = self.graph.values[name]
        identifier = self.identifier(name)
        if value.role == "constant":
            self.bound.setdefault(identifier, value.data)
        elif value.role in ("parameter", "state"):
            self.resident.setdefault(identifier, name)
        else:
            return identifier
        return self.prefix + identifier

    def bind(self, array, hint):
        identifier = self.fresh(hint)
        self.bound[identifier] = array
        return self.prefix + identifier

    def bind_once(self, key, array, hint):
        """Like bind, but the same for all nodes that ask with the same key."""
        if key not in self._bound_once:
            self._bound_once[key] = self.bind(array, hint)
        return self._bound_once[key]

    def rows(self, name, entry, rows):
        """The expression of `rows` of an entry of a value; of a weight that stays they are resident."""
        value = self.graph.values[name]
        if value.role != "parameter" or (self.gradients and value.trainable):
            indices = self.bind(rows, name + ".rows")
            return f"{self.expression(name)}[{entry}].index_select(0, {indices})"
        identifier = self.fresh(name + ".arranged")
        self.arranged[identifier] = (name, entry, rows)
        return self.prefix + identifier

    def cache(self, name, length):
        """The expression of a buffer that holds state `name` in front and is `length` long in dimension 2."""
        identifier = self.fresh(name + ".cache")
        self.caches[identifier] = (name, length)
        return self.prefix + identifier

    def shared(self, key, expression):
        if key not in self._shared:
            self._shared[key] = self.fresh("shared")
            self.line(f"{self._shared[key]} = {expression}")
        return self._shared[key]

    def keep_by_head(self, name, heads, expression):
        """Assigns a value's form [batch, length, heads, size] to a variable that lives as long as the value; returns its name."""
        identifier = self.fresh(name + ".by_head")
        self.line(f"{identifier} = {expression}")
        self._by_head[name] = (heads, identifier)
        return identifier

    def kept_by_head(self, name, heads):
        """The variable with that form, or None."""
        kept = self._by_head.get(name)
        return kept[1] if kept and kept[0] == heads else None

    def line(self, statement):
        self._lines.append(statement)

    def fresh(self, hint):
        base = re.sub(r"\W", "_", hint)
        base = "v_" + base if not base or base[0].isdigit() or base[0] == "_" else base
        identifier, count = base, 1
        while identifier in self._taken:
            count += 1
            identifier = f"{base}_{count}"
        self._taken.add(identifier)
        return identifier

    def drop_after_node(self, identifier):
        self._dropped.append(identifier)

    def identifier(self, name):
        if name not in self._identifiers:
            self._identifiers[name] = self.fresh(name)
        return self._identifiers[name]

    def users(self, name):
        """The nodes that read the value, once for each time."""
        return [node for node in self.graph.nodes for operand in node.inputs if operand == name]

    # The walk over the nodes.

    def _last_uses(self):
        last = {}
        for index, node in enumerate(self.graph.nodes):
            for name in node.outputs + node.inputs:
                if name and self.graph.values[name].role == "computed":
                    last[name] = index
        return {name: index for name, index in last.items() if name not in self.graph.outputs}

    def _node(self, index, node):
        rule = RULES.of(node.op)
        start = len(self._lines)
        self._dropped = []
        try:
            call = Call(self, node)
            result = rule(call)
            call.refuse_unread()
        except Cannot:
            del self._lines[start:]
            raise
        self._assign(node, result)
        done = self._dead_after(index, node) + self._dropped
        if done:
            self.line("del " + ", ".join(done))

    def _assign(self, node, result):
        results = [result] if isinstance(result, str) else result
        for name, expression in zip(node.outputs, results):
            if name and expression is not None:
                self._assigned.add(name)
                self.line(f"{self.identifier(name)} = {expression}")

    def _dead_after(self, index, node):
        """The variables that nobody needs after this node."""
        dead = []
        for name in dict.fromkeys(node.inputs + node.outputs):
            if self._last_use.get(name) == index:
                dead += [self.identifier(name)] if name in self._assigned else []
                dead += [self._by_head[name][1]] if name in self._by_head else []
        return dead
