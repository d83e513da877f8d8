"""Loops whose number of turns follows from constants (Loop), or from the length of what they go through (Scan): each turn is written out."""

import copy

import branches
import numpy as np
import onnx
import structure
from onnx import helper, numpy_helper
from refused import Refused, called

MOST_NODES = 50_000  # of all loops that are written out at once; those inside of them come after


def unroll_known(model):
    """Writes out every loop of the main graph that can be; whether there was one."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes, done, room = [], 0, MOST_NODES
    for node in model.graph.node:
        turns = _turns(node, known, model)
        if turns is None:
            nodes.append(copy.deepcopy(node))
        else:
            room -= turns * max(len(_body(node).node), 1)
            if room < 0:
                raise Refused(f"{called(node)}: written out, its {turns} turns are more than {MOST_NODES} nodes")
            nodes += Unrolled(model, node, turns, f"{node.op_type.lower()}{done}/").nodes
            done += 1
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return done > 0


def why_not(node):
    """What is said of a loop that is left."""
    if node.op_type == "Loop":
        return "its number of turns does not follow from constants, or it may end before; --fix INPUT=VALUE makes a constant of an input"
    return "the length of what it goes through does not follow from the file"


def _turns(node, known, model):
    if node.op_type == "Loop" and _goes_on(node, known):
        return max(0, int(known[node.input[0]].item())) if node.input[0] in known else None
    if node.op_type == "Scan" and structure.opset_of(model) >= 9:  # before, it was another operator
        lengths = {shape[axis] for shape, axis in _scanned(node, model) if shape}
        return lengths.pop() if len(lengths) == 1 and 0 not in lengths else None
    return None


def _goes_on(node, known):
    """Whether the condition holds at first, and after every turn."""
    body, start = _body(node), [*node.input, "", ""][1]
    holds = {name for name, array in known.items() if array.dtype == bool and array.all()}
    if start and start not in holds:
        return False
    holds |= {body.input[1].name} | {tensor.name for tensor in body.initializer if numpy_helper.to_array(tensor).all()}
    for inner in body.node:
        if inner.op_type == "Constant":
            holds.update(inner.output if inner.attribute[0].HasField("t") and numpy_helper.to_array(inner.attribute[0].t).all() else ())
        elif inner.op_type == "Identity" and inner.input[0] in holds:
            holds.update(inner.output)
    return body.output[0].name in holds


def _body(node):
    return next(attribute.g for attribute in node.attribute if attribute.name == "body")


def _option(node, name, count, default):
    return next((list(attribute.ints) for attribute in node.attribute if attribute.name == name), [default] * count)


def _scanned(node, model):
    """(shape, axis) of each input that a Scan goes through; no shape where it does not follow from the file."""
    count = next(attribute.i for attribute in node.attribute if attribute.name == "num_scan_inputs")
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim] for value in [*graph.value_info, *graph.input]}
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    return [(shapes.get(name), axis) for name, axis in zip(node.input[-count:], _option(node, "scan_input_axes", count, 0))]


class Unrolled:
    """A loop as the nodes of all turns, and at their end those that give the loop's outputs."""

    def __init__(self, model, node, turns, prefix):
        self.graph, self.node, self.prefix, self.opset, self.nodes = model.graph, node, prefix, structure.opset_of(model), []
        body = _body(node)
        is_scan = node.op_type == "Scan"
        through = next((attribute.i for attribute in node.attribute if attribute.name == "num_scan_inputs"), 0)
        carried, self.through = list(node.input)[0 if is_scan else 2:len(node.input) - through], list(node.input)[len(node.input) - through:]
        stacked = [[] for _ in body.output[(0 if is_scan else 1) + len(carried):]]
        if turns == 0 and stacked:
            raise Refused(f"{called(node)}: it makes no turn, and what it collects is empty")
        for turn in range(turns):
            given = [*carried, *self._slices(turn, turns)] if is_scan else [self._number(turn, turn, np.int64), self._number(f"{turn}.goes", True, bool), *carried]
            outputs = self._turn(body, turn, given)[0 if is_scan else 1:]
            carried = outputs[: len(carried)]
            for row, name in zip(stacked, outputs[len(carried):]):
                row.append(name)
        self._finish(carried, stacked)

    def _number(self, name, value, kind):
        name = f"{self.prefix}{name}"
        self.graph.initializer.append(numpy_helper.from_array(np.array(value, kind), name))
        return name

    def _slices(self, turn, turns):
        axes, backwards = (_option(self.node, name, len(self.through), 0) for name in ("scan_input_axes", "scan_input_directions"))
        for place, (name, axis, back) in enumerate(zip(self.through, axes, backwards)):
            index = self._number(f"{turn}.{place}.at", turns - 1 - turn if back else turn, np.int64)
            self.nodes.append(helper.make_node("Gather", [name, index], [f"{self.prefix}{turn}.{place}"], axis=axis))
            yield f"{self.prefix}{turn}.{place}"

    def _turn(self, body, turn, given):
        copied = onnx.GraphProto()
        copied.CopyFrom(body)
        names = {value.name: outer for value, outer in zip(body.input, given)}
        return branches.splice(self.graph, copied, f"{self.prefix}{turn}/", names, self.nodes)

    def _finish(self, carried, stacked):
        ends = self.node.output
        for name, output in zip(carried, ends):
            if output:
                self.nodes.append(helper.make_node("Identity", [name], [output]))
        axes, backwards = (_option(self.node, name, len(stacked), 0) for name in ("scan_output_axes", "scan_output_directions"))
        for row, output, axis, back in zip(stacked, ends[len(carried):], axes, backwards):
            if output:
                rows = [self._raised(name, output, place, axis) for place, name in enumerate(reversed(row) if back else row)]
                self.nodes.append(helper.make_node("Concat", rows, [output], axis=axis))

    def _raised(self, name, output, place, axis):
        raised = f"{self.prefix}{output}.{place}"
        if self.opset < 13:
            self.nodes.append(helper.make_node("Unsqueeze", [name], [raised], axes=[axis]))
        else:
            self.graph.initializer.append(numpy_helper.from_array(np.array([axis], np.int64), f"{raised}.axis"))
            self.nodes.append(helper.make_node("Unsqueeze", [name, f"{raised}.axis"], [raised]))
        return raised
