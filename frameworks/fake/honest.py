"""The honest runner that every faulty one is made from.

It computes any graph by asking `assay reference` (the program named by ASSAY_BINARY) for a float32 evaluation, so that its answers
are right on every model; a graph of nothing but Identity nodes it copies by itself, for tests without that program.
"""

import json
import os
import subprocess
import sys
import time

from tensors import read_sets, read_tensors, write_tensors


class Unsupported(Exception):
    """What the protocol calls unsupported: a reason code, a message, and the nodes as (node, op, message)."""

    def __init__(self, reason, message, nodes=()):
        super().__init__(message)
        self.reason = reason
        self.nodes = list(nodes)


class Runner:
    """One loaded graph. Faulty runners override single methods."""

    operands = "full"  # what matrix products round their operands to
    precision = "f32"  # what it says of that

    def describe(self):
        return {
            "framework": "Fake",
            "version": "1.0",
            "devices": [{"name": "cpu", "description": "whatever runs Python"}],
            "operators": [],
            "precisions": ["f32"],
            "training": True,
            "details": {"python": sys.version.split()[0]},
        }

    def load(self, params):
        self.params = params
        with open(params["graph"], encoding="utf-8") as file:
            self.graph = json.load(file)
        if params["gradients"]:
            raise Unsupported("operator", "computes gradients only from the gradient graph")
        self.sets, self.next_set = [], 0
        self.answer_path = os.path.join(params["cache"], f"fake-answer-{os.getpid()}.safetensors")
        return {"precision": self.precision, "threads": params["threads"], "notes": ""}

    def take_inputs(self, path, sets):
        self.sets, self.next_set = read_sets(path, sets), 0

    def step(self, inputs):
        self.answer = self.compute(inputs)

    def next_inputs(self):
        """The inputs of the next step, which has become the last one."""
        if self.next_set >= len(self.sets):
            raise ValueError("no inputs are left")
        inputs = self.sets[self.next_set]
        self.last_set, self.next_set = self.next_set, self.next_set + 1
        return inputs

    def timed_steps(self, count):
        """The samples in ns, one a step."""
        samples = []
        for _ in range(count):
            inputs = self.next_inputs()
            start = time.perf_counter_ns()
            self.step(inputs)
            samples.append(time.perf_counter_ns() - start)
        return samples

    def outputs(self, path):
        write_tensors(path, self.answer)
        return self.last_set

    def compute(self, inputs):
        """The outputs for some inputs, both as name -> (dtype, shape, bytes)."""
        if all(node["op"] == "Identity" for node in self.graph["nodes"]):
            return self.copy(inputs)
        return self.evaluate(self.params["weights"], inputs)

    def copy(self, inputs):
        values = dict(inputs)
        for node in self.graph["nodes"]:
            values[node["outputs"][0]] = values[node["inputs"][0]]
        return {name: values[name] for name in self.graph["outputs"]}

    def evaluate(self, weights, inputs):
        inputs_path = self.answer_path + ".inputs"
        write_tensors(inputs_path, inputs)
        bindings = [weights, inputs_path] + ([self.params["state"]] if self.params["state"] else [])
        command = [os.environ["ASSAY_BINARY"], "reference", "--graph", self.params["graph"], "--scalar", "f32"]
        command += ["--operands", self.operands]
        command += ["--threads", str(self.params["threads"]), "--out", self.answer_path]
        for path in bindings:
            command += ["--bindings", path]
        subprocess.run(command, check=True, stdout=sys.stderr)
        answer = read_tensors(self.answer_path)
        os.remove(self.answer_path)
        return answer


class Tf32(Runner):
    """Multiplies in tf32 and says so."""

    operands = precision = "tf32"


class F16(Runner):
    """Multiplies in float16 and says so."""

    operands = precision = "f16"


class Bf16(Runner):
    """Multiplies in bfloat16 and says so."""

    operands = precision = "bf16"


class ExactAsBf16(Runner):
    """Multiplies in float32 and says that it does so in bfloat16."""

    precision = "bf16"


class BusyKernel(Runner):
    """The kernel works for half a second when outputs are written, as it does for large ones while memory is scarce."""

    def outputs(self, path):
        until = os.times().system + 0.5
        buffer = bytearray(1 << 24)
        with open("/dev/zero", "rb", buffering=0) as zeros:
            while os.times().system < until:
                zeros.readinto(buffer)
        return super().outputs(path)


VARIANTS = {"honest": Runner, "tf32": Tf32, "f16": F16, "bf16": Bf16, "exact-as-bf16": ExactAsBf16, "busy-kernel": BusyKernel}
