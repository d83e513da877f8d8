"""Runners that behave well and answer wrong: what the gate must catch."""

import json
import os
import time

from honest import Runner
from tensors import read_tensors, write_tensors


class Zeros(Runner):
    """All zeros, of the right names, types and shapes."""

    def compute(self, inputs):
        answer = super().compute(inputs)
        return {name: (dtype, shape, bytes(len(data))) for name, (dtype, shape, data) in answer.items()}


class ZerosAsFloat64(Zeros):
    """All zeros, and says that it multiplies in float64."""

    precision = "f64"


class ZerosAsBanana(Zeros):
    """All zeros, and says that it multiplies in a type that there is not."""

    precision = "banana"


class OtherSeed(Runner):
    """The right graph with other weights of the same distribution: every tensor's elements moved on by some places."""

    def load(self, params):
        loaded = super().load(params)
        self.other_weights = self.answer_path + ".weights"
        moved = {}
        for name, (dtype, shape, data) in read_tensors(params["weights"]).items():
            places = 8 * (len(data) // 24)
            moved[name] = (dtype, shape, data[places:] + data[:places])
        write_tensors(self.other_weights, moved)
        return loaded

    def evaluate(self, weights, inputs):
        return super().evaluate(self.other_weights, inputs)


class OtherGraph(Runner):
    """Evaluates another graph than the one it was given: `changed` makes it."""

    def load(self, params):
        loaded = super().load(params)
        other = self.answer_path + ".graph.json"
        with open(other, "w", encoding="utf-8") as file:
            json.dump(self.changed(self.graph), file)
        self.params = {**params, "graph": other}
        return loaded


class DroppedLayer(OtherGraph):
    """Leaves out the first layer: what its two branches would add is not added."""

    def changed(self, graph):
        residuals = [node for node in graph["nodes"] if node["op"] == "Add"][:2]
        for node in residuals:
            node.update(op="Identity", inputs=node["inputs"][:1], attributes={})
        return graph


class NoCausalMask(OtherGraph):
    """Lets every token see those that follow it."""

    def changed(self, graph):
        for node in graph["nodes"]:
            if "is_causal" in node["attributes"]:
                node["attributes"]["is_causal"] = 0
        return graph


class ShiftedLabels(Runner):
    """Gives each token the label of the next one."""

    def compute(self, inputs):
        dtype, shape, data = inputs["labels"]
        width = len(data) // shape[0]
        return super().compute({**inputs, "labels": (dtype, shape, data[width:] + data[:width])})


class ForwardAsTraining(OtherGraph):
    """Computes the gradients once; every step after the first has a fresh loss and the first step's gradients."""

    gradients = None

    def changed(self, graph):
        """What the loss needs."""
        needed, nodes = {"loss"}, []
        for node in reversed(graph["nodes"]):
            if needed & set(node["outputs"]):
                needed |= {*node["inputs"], *node["outputs"]}
                nodes.append(node)
        values = [value for value in graph["values"] if value["name"] in needed]
        return {**graph, "values": values, "nodes": nodes[::-1], "outputs": ["loss"]}

    def load(self, params):
        self.whole = params
        return super().load(params)

    def compute(self, inputs):
        if self.gradients is None:
            self.params, pruned = self.whole, self.params
            self.gradients = super().compute(inputs)
            self.params = pruned
            return self.gradients
        return {**self.gradients, **super().compute(inputs)}


class Bf16AsFloat32(Runner):
    """Multiplies in bfloat16 and says that it does so in float32."""

    operands = "bf16"


class Bf16AsTf32(Runner):
    """Multiplies in bfloat16 and says that it does so in tf32."""

    operands = "bf16"
    precision = "tf32"


class FirstAnswerAgain(Runner):
    """Computes once and repeats the answer, whatever the input."""

    first = None

    def compute(self, inputs):
        if self.first is None:
            self.first = super().compute(inputs)
        return self.first


class OtherSet(Runner):
    """Answers every step with the outputs of the input set before it; the first one with its own."""

    before = None

    def compute(self, inputs):
        before, self.before = self.before or inputs, inputs
        return super().compute(before)


class ZeroGradient(Runner):
    """The last output, in training one gradient, is zero; all else is right."""

    def compute(self, inputs):
        answer = super().compute(inputs)
        dtype, shape, data = answer[self.graph["outputs"][-1]]
        return {**answer, self.graph["outputs"][-1]: (dtype, shape, bytes(len(data)))}


class NotFinite(Runner):
    """The first element of every float32 output is not a number."""

    def compute(self, inputs):
        return {
            name: (dtype, shape, b"\x00\x00\xc0\x7f" + data[4:] if dtype == "F32" else data)
            for name, (dtype, shape, data) in super().compute(inputs).items()
        }


class OtherShape(Runner):
    """The right bytes, flat."""

    def compute(self, inputs):
        flat = {}
        for name, (dtype, shape, data) in super().compute(inputs).items():
            count = 1
            for dimension in shape:
                count *= dimension
            flat[name] = (dtype, [count], data)
        return flat


class ExtraOutput(Runner):
    """Writes a tensor that nobody asked for."""

    def compute(self, inputs):
        return {**super().compute(inputs), "bonus": ("F32", [1], bytes(4))}


class MissingOutput(Runner):
    """Leaves out the last output."""

    def compute(self, inputs):
        answer = super().compute(inputs)
        answer.pop(self.graph["outputs"][-1])
        return answer


class WrongSet(Runner):
    """Says that its outputs are of the next input set."""

    def outputs(self, path):
        return 1 + super().outputs(path)


class ClockLiar(Runner):
    """Says that each step took half as long as it did, and takes at least 20 ms so that this matters."""

    def step(self, inputs):
        time.sleep(0.02)
        super().step(inputs)

    def timed_steps(self, count):
        return [sample // 2 for sample in super().timed_steps(count)]


class TruncatedTensorFile(Runner):
    """Its file of outputs ends in the middle of the last tensor."""

    def outputs(self, path):
        last_set = super().outputs(path)
        with open(path, "r+b") as file:
            file.truncate(file.seek(0, 2) - 5)
        return last_set


class LinkedTensorFile(Runner):
    """Its file of outputs is a link to one of its own."""

    link = os.symlink

    def outputs(self, path):
        last_set = super().outputs(path + ".own")
        self.link(path + ".own", path)
        return last_set


class HardLinkedTensorFile(LinkedTensorFile):
    """Its file of outputs has another name, by which it can be reached later."""

    link = os.link


class PipeAsTensorFile(Runner):
    """Its file of outputs is a pipe that nobody writes to."""

    def outputs(self, path):
        os.mkfifo(path)
        return self.last_set


class PipeBesideTensorFile(Runner):
    """Puts pipes that nobody reads where the core may want to write a file of its own."""

    def outputs(self, path):
        for name in (path + ".copy", os.path.join(os.path.dirname(path), "stderr.txt")):
            if os.path.exists(name):
                os.remove(name)
            os.mkfifo(name)
        return super().outputs(path)


class NoTensorFile(Runner):
    """Says that it wrote its outputs, and did not."""

    def outputs(self, path):
        return self.last_set


VARIANTS = {
    "zeros": Zeros,
    "zeros-as-f64": ZerosAsFloat64,
    "zeros-as-banana": ZerosAsBanana,
    "other-seed": OtherSeed,
    "dropped-layer": DroppedLayer,
    "no-causal-mask": NoCausalMask,
    "shifted-labels": ShiftedLabels,
    "forward-as-training": ForwardAsTraining,
    "bf16-as-f32": Bf16AsFloat32,
    "bf16-as-tf32": Bf16AsTf32,
    "first-answer-again": FirstAnswerAgain,
    "other-set": OtherSet,
    "zero-gradient": ZeroGradient,
    "not-finite": NotFinite,
    "other-shape": OtherShape,
    "missing-output": MissingOutput,
    "extra-output": ExtraOutput,
    "wrong-set": WrongSet,
    "clock-liar": ClockLiar,
    "truncated-tensor-file": TruncatedTensorFile,
    "linked-tensor-file": LinkedTensorFile,
    "hard-linked-tensor-file": HardLinkedTensorFile,
    "pipe-as-tensor-file": PipeAsTensorFile,
    "pipe-beside-tensor-file": PipeBesideTensorFile,
    "no-tensor-file": NoTensorFile,
}
