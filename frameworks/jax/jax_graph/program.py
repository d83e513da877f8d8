"""A graph as one function, and what it is called with: weights and states are its arguments, never part of what is compiled."""

import jax
import jax.numpy as jnp
import numpy
from assay_runner.rules import Cannot
from jax import lax

from .call import Call
from .channels_last import Turned, filter_order, in_graphs_order
from .registry import RULES


def build(graph, *, gradients=False):
    """Returns (Program, faults); with faults, pairs of node and message, the program is None."""
    faults = [(node, message) for node in graph.nodes if (message := _fault(graph, node))]
    return (None, faults) if faults else (Program(graph, gradients), [])


def _fault(graph, node):
    """Why JAX cannot do the node, found by tracing it alone; None when it can."""
    operands = [_abstract(graph, name) for name in node.inputs]
    traced = [operand for operand in operands if isinstance(operand, jax.ShapeDtypeStruct)]

    def alone(*arrays):
        arrays = iter(arrays)
        given = [next(arrays) if isinstance(operand, jax.ShapeDtypeStruct) else operand for operand in operands]
        return [in_graphs_order(result) for result in _results(Call(graph, node, given, None))]

    try:
        jax.eval_shape(alone, *traced)
    except Cannot as refusal:
        return str(refusal)
    return None


def _abstract(graph, name):
    if not name:
        return None
    value = graph.values[name]
    return value.data if value.data is not None else jax.ShapeDtypeStruct(value.shape, _type(value))


def _type(value):
    from assay_runner.graph import DTYPES

    return DTYPES[value.dtype]


def _results(call):
    """What the node's rule returns, as a list."""
    results = RULES.of(call.op)(call)
    call.refuse_unread()
    return results if isinstance(results, list) else [results]


class Caches:
    """Keys and values of all positions, in buffers that stay. A state that only one Attention node reads lies in a buffer with room for the
    new positions, as in every decoder with a static cache; they are written behind it in each step, the past is never touched."""

    def __init__(self, buffers):
        self.buffers = dict(buffers)

    def appended(self, name, new):
        """All positions, or None when the state has no buffer."""
        if name not in self.buffers:
            return None
        buffer = self.buffers[name]
        self.buffers[name] = lax.dynamic_update_slice_in_dim(buffer, new, buffer.shape[2] - new.shape[2], 2)
        return self.buffers[name]


class Program:
    """`forward` and `with_gradients` are (trained, residents, caches, inputs) -> (outputs, caches); the arguments are made by `trained`,
    `residents` and `caches`, the inputs are arrays in the order of the list `inputs`."""

    def __init__(self, graph, gradients):
        self._graph = graph
        self.inputs = [value.name for value in graph.with_role("input")]
        self._trained = [value.name for value in graph.trainable()] if gradients else []
        self._grown = {} if gradients else _grown_states(graph)
        kept = [value.name for role in ("parameter", "state") for value in graph.with_role(role)]
        self._residents = [name for name in kept if name not in self._trained and name not in self._grown]
        # Filters lie as convolutions read them, those that are trained too: so do their gradients.
        self._filters = {node.input(1) for node in graph.nodes if node.op == "Conv"} & {*self._residents, *self._trained}

    @property
    def outputs(self):
        return self._graph.outputs

    @property
    def resident_names(self):
        return self._residents

    @property
    def grown(self):
        """The states that lie in caches."""
        return self._grown.keys()

    def named(self, left):
        """What a step leaves by its names, as numpy arrays in the graph's order of axes: gradients of filters are views."""
        arrays = [numpy.asarray(array) for array in left]
        outputs, gradients = arrays[:len(self._graph.outputs)], arrays[len(self._graph.outputs):]
        in_order = {"grad." + name: in_graphs_order(self._lying(name, array)) for name, array in zip(self._trained, gradients)}
        return dict(zip(self._graph.outputs, outputs)) | in_order

    def trained(self, weights):
        return [self._array(weights, name) for name in self._trained]

    def residents(self, weights, states):
        source = {"parameter": weights, "state": states}
        return [self._array(source[self._graph.values[name].role], name) for name in self._residents]

    def caches(self, states):
        return {name: jnp.pad(self._array(states, name), ((0, 0), (0, 0), (0, more), (0, 0))) for name, more in self._grown.items()}

    def _array(self, source, name):
        value = self._graph.values[name]
        if name not in source:
            raise ValueError(f"{value.role} '{name}' is not in its file")
        if source[name].shape != value.shape:
            raise ValueError(f"{value.role} '{name}' has shape {source[name].shape}, expected {value.shape}")
        array = source[name]
        return jnp.array(array.transpose(filter_order(array.ndim)) if name in self._filters else array, copy=True)

    def _lying(self, name, array):
        """The value of an argument of the step, or of its gradient."""
        return Turned(array, filter_order(array.ndim)) if name in self._filters else array

    def forward(self, trained, residents, caches, inputs):
        given = ((self._trained, trained), (self._residents, residents), (self.inputs, inputs))
        values = {name: self._lying(name, array) for names, arrays in given for name, array in zip(names, arrays)}
        kept = Caches(caches)
        for node in self._graph.nodes:
            operands = [self._operand(values, name) for name in node.inputs]
            results = _results(Call(self._graph, node, operands, kept))
            values.update((name, result) for name, result in zip(node.outputs, results) if name)
        return [jnp.asarray(in_graphs_order(self._operand(values, name))) for name in self._graph.outputs], kept.buffers

    def _operand(self, values, name):
        if not name:
            return None
        data = self._graph.values[name].data
        return values.get(name) if data is None else numpy.asarray(data)

    def with_gradients(self, trained, residents, caches, inputs):
        def loss(trained):
            outputs, _ = self.forward(trained, residents, caches, inputs)
            return outputs[0].reshape(()), outputs

        gradients, outputs = jax.grad(loss, has_aux=True)(trained)
        return [*outputs, *gradients], caches


def _grown_states(graph):
    """State -> how many positions a step adds to it, for keys and values that one Attention node alone reads."""
    grown = {}
    for node in graph.nodes:
        for past, new in ((4, 1), (5, 2)):
            name = node.input(past) if node.op == "Attention" else None
            if name and graph.values[name].role == "state" and _readers(graph, name) == 1 and name not in graph.outputs:
                shape = graph.values[node.input(new)].shape
                grown[name] = shape[1] if len(shape) == 3 else shape[2]
    return grown


def _readers(graph, name):
    return sum(node.inputs.count(name) for node in graph.nodes)
