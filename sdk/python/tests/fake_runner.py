"""A runner whose framework is numpy, for the SDK's tests. Variants make it misbehave."""

import os
import sys

import assay_runner


class FakeRunner(assay_runner.Runner):
    def describe(self):
        print("a library prints to stdout")
        os.write(1, b"and a C library to descriptor 1\n")
        os.system("echo and a child process too")
        return assay_runner.Description("fake", "1.0", [{"name": "cpu", "description": "numpy"}], operators=["Mul", "ReduceSum"])

    def load(self, request):
        self.request = request
        self.weight = request.weights["w"].copy()
        return assay_runner.Loaded("f32", request.threads, "notes")

    def prepare(self, inputs):
        if self.request.variant == "unprepared":
            raise RuntimeError("no host tensor")
        return inputs["x"]

    def step(self, x):
        if self.request.variant == "explode":
            raise RuntimeError("the framework failed")
        self.last = {"loss": (x * self.weight).sum(), "grad.w": x.sum(axis=0)}

    def outputs(self):
        return self.last


def make_runner():
    print("stdin at end:", sys.stdin.read() == "")
    return FakeRunner()


assay_runner.main(make_runner)
