"""Nodes `If` whose condition is known by now: the branch that is taken takes the node's place. (The optimiser's own way of doing this fails
where branches hand through a value from outside.)"""

import copy

import walk
from onnx import helper, numpy_helper


def take_known(model):
    """Takes every branch of the main graph that can be taken; whether there was one."""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes, taken = [], 0
    for node in model.graph.node:
        if node.op_type == "If" and node.input[0] in known:
            nodes += _spliced(model.graph, node, bool(numpy_helper.to_array(known[node.input[0]]).item()), f"branch{taken}/")
            taken += 1
        else:
            nodes.append(copy.deepcopy(node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return taken > 0


def _spliced(graph, node, condition, prefix):
    """The nodes of the branch."""
    wanted = "then_branch" if condition else "else_branch"
    branch = next(attribute.g for attribute in node.attribute if attribute.name == wanted)
    nodes = []
    ends = splice(graph, branch, prefix, {}, nodes)
    return nodes + [helper.make_node("Identity", [end], [name]) for end, name in zip(ends, node.output) if name]


def splice(graph, inner_graph, prefix, names, nodes):
    """Adds the nodes of a graph to `nodes` and its constants to `graph`, its values renamed: two may use the same names. `names` has those of
    its inputs. Returns the names of its outputs. The inner graph is used up."""
    own = {name for inner in inner_graph.node for name in inner.output} | {tensor.name for tensor in inner_graph.initializer}
    names = names | {name: prefix + name for name in own if name}
    for tensor in inner_graph.initializer:
        moved = graph.initializer.add()
        moved.CopyFrom(tensor)
        moved.name = names[tensor.name]
    for inner in inner_graph.node:
        _rename(inner, names)
        inner.name = prefix + inner.name
    nodes += inner_graph.node
    return [names.get(value.name, value.name) for value in inner_graph.output]


def _rename(node, names):
    """In the node and in all graphs inside of it, where no name of outside is given again."""
    open_nodes = [node]
    while open_nodes:
        one = open_nodes.pop()
        one.input[:] = [names.get(name, name) for name in one.input]
        one.output[:] = [names.get(name, name) for name in one.output]
        for inner in walk.subgraphs([one]):
            open_nodes += inner.node
            for value in inner.output:
                value.name = names.get(value.name, value.name)
