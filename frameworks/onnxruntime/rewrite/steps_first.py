"""LSTM, GRU and RNN with the batch first -> the same with the steps first and Transposes around; the runtime has no other layout."""

from onnx import helper

from .program import attributes

_STATES = (5, 6)  # initial_h and initial_c


def use_steps_first(program):
    """recurrences with the batch first turned"""
    found = [node for node in program.nodes if node.op_type in ("LSTM", "GRU", "RNN") and attributes(node).get("layout")]
    for node in found:
        _turn(program, node)
    return len(found)


def _turn(program, node):
    inputs, outputs, before, after = list(node.input), list(node.output), [], []
    for place in (0, *_STATES):
        if place < len(inputs) and inputs[place]:
            before.append(_transpose(inputs[place], f"{inputs[place]} for {node.name}", [1, 0, 2]))
            inputs[place] = before[-1].output[0]
    for place, name in enumerate(outputs):
        if name:
            outputs[place] = f"{name} with steps first"
            after.append(_transpose(outputs[place], name, [2, 0, 1, 3] if place == 0 else [1, 0, 2]))
    kept = {name: value for name, value in attributes(node).items() if name != "layout"}
    program.replace([node], *before, helper.make_node(node.op_type, inputs, outputs, name=node.name, **kept), *after)


def _transpose(source, target, order):
    return helper.make_node("Transpose", [source], [target], name=target, perm=order)
