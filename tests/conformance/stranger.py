"""A framework that nobody knows, for test_stranger.py: three operators of numpy on the Python SDK."""

import os

import assay_runner
import numpy

OPERATORS = {"Add": numpy.add, "Mul": numpy.multiply, "Relu": lambda x: numpy.maximum(x, numpy.float32(0))}
if "wrong" in os.path.basename(os.path.dirname(__file__)):
    OPERATORS["Relu"] = numpy.abs


class Stranger(assay_runner.Runner):
    def describe(self):
        return assay_runner.Description("Stranger", "1", [{"name": "cpu", "description": "numpy"}], operators=sorted(OPERATORS))

    def load(self, request):
        faults = [assay_runner.NodeFault(node.name, node.op, "not an operator of the stranger")
                  for node in request.graph.nodes if node.op not in OPERATORS]
        if faults:
            raise assay_runner.Unsupported("operator", "nodes are unsupported", faults)
        self.graph = request.graph
        return assay_runner.Loaded("f32", 1)

    def prepare(self, inputs):
        return inputs

    def step(self, inputs):
        self.values = dict(inputs)
        for node in self.graph.nodes:
            self.values[node.outputs[0]] = OPERATORS[node.op](*(self.values[name] for name in node.inputs))

    def outputs(self):
        return {name: self.values[name] for name in self.graph.outputs}


assay_runner.main(Stranger)
