"""A runner of two operators, Identity and Add, whose framework is numpy: for tests/conformance/test_sdks.py. Variants make it misbehave."""

import os

import assay_runner
import numpy

OPERATORS = {"Identity": lambda a: a.copy(), "Add": lambda a, b: a + b}


class EchoRunner(assay_runner.Runner):
    def __init__(self):
        if "ECHO_WITHOUT_FRAMEWORK" in os.environ:
            raise ImportError("libframework.so: cannot open shared object file")
        os.system("echo a library prints")  # a child process, which inherits descriptor 1
        self.request = None

    def describe(self):
        print("and prints again", flush=True)
        return assay_runner.Description("Echo", "1", [{"name": "cpu", "description": "any"}], operators=list(OPERATORS), training=True)

    def load(self, request):
        faults = [assay_runner.NodeFault(node.name, node.op, "not in Echo") for node in request.graph.nodes if node.op not in OPERATORS]
        if faults:
            raise assay_runner.Unsupported("operator", f"{len(faults)} nodes", faults)
        self.request = request
        return assay_runner.Loaded("f32", 1, f"variant {request.variant}")

    def step(self, inputs):
        misbehave(self.request.variant, inputs)
        self.values = {**self.request.weights, **inputs}
        for node in self.request.graph.nodes:
            self.values[node.outputs[0]] = OPERATORS[node.op](*(self.values[name] for name in node.inputs))

    def outputs(self):
        graph = self.request.graph
        result = {name: self.values[name] for name in graph.outputs}
        if self.request.variant == "flat":
            result = {name: array.reshape(-1) for name, array in result.items()}
        if self.request.gradients:
            result |= {f"grad.{value.name}": numpy.ones(value.shape, numpy.float32) for value in graph.trainable()}
        return {} if self.request.variant == "forgets" else result


def misbehave(variant, inputs):
    if variant in ("fails", "throws"):
        raise RuntimeError("the device is lost" if variant == "fails" else "thrown by the framework")
    if variant == "memory":
        raise MemoryError
    if variant == "address":
        raise RuntimeError(str(inputs["x"].ctypes.data % 64))


assay_runner.main(EchoRunner)
