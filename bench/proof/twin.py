#!/usr/bin/env python3
"""A framework's own runner under another name, on request slower by a known share: a busy wait at the end of every step.

    twin.py FRAMEWORK_FOLDER VARIANT SLOWDOWN

A file `slowdown` at the root of the tree that the folder is in, with a line "VARIANT SHARE", counts instead: so that one program, whose key is
made of its folder and manifest, is slower in one tree than in another.

Each wait is SLOWDOWN times what the step before it just took, so that the twin is slower by exactly that share whatever the machine's mood.
"""

import dataclasses
import importlib.util
import sys
from pathlib import Path
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402  (it takes the pipe; the framework comes after)


class Twin(assay_runner.Runner):
    """Everything is the other runner's, but the name of the variant and the wait."""

    def __init__(self, runner, variant, slowdown, slowdowns=None):
        self._runner, self._variant, self._slowdown = runner, variant, slowdown
        self._slowdowns = slowdowns or {}  # by the name under which it was asked for

    def describe(self):
        return self._runner.describe()

    def load(self, request):
        self._slowdown = self._slowdowns.get(request.variant, self._slowdown)
        return self._runner.load(dataclasses.replace(request, variant=self._variant))

    def prepare(self, inputs):
        return self._runner.prepare(inputs)

    def step(self, inputs):
        began = perf_counter_ns()
        self._runner.step(inputs)
        if not self._slowdown:
            return
        end = began + (1 + self._slowdown) * (perf_counter_ns() - began)
        while perf_counter_ns() < end:
            pass

    def outputs(self):
        return self._runner.outputs()


def slowdowns(folder):
    """By variant, what the file `slowdown` says; nothing where there is none."""
    file = folder.parents[1] / "slowdown"
    lines = file.read_text().splitlines() if file.exists() else []
    return {variant: float(share) for variant, share in map(str.split, lines)}


def make_twin():
    folder, variant, slowdown = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("framework_runner", folder / "runner.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Twin(module.make_runner(), variant, slowdown, slowdowns(folder))


if __name__ == "__main__":
    assay_runner.main(make_twin)
