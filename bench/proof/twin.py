#!/usr/bin/env python3
"""A framework's own runner under another name, on request slower by a known share: a busy wait at the end of every step.

    twin.py FRAMEWORK_FOLDER VARIANT SLOWDOWN

The wait is calibrated once in a launch: SLOWDOWN times the lower quartile of the first steps of the warm-up, fixed from then on.
"""

import dataclasses
import importlib.util
import statistics
import sys
from pathlib import Path
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402  (it takes the pipe; the framework comes after)

CALIBRATION_STEPS = 16
SKIPPED_STEPS = 2  # these trace, compile and fill caches


class Twin(assay_runner.Runner):
    """Everything is the other runner's, but the name of the variant and the wait."""

    def __init__(self, runner, variant, slowdown):
        self._runner, self._variant, self._slowdown = runner, variant, slowdown
        self._seen_ns, self._wait_ns = [], 0

    def describe(self):
        return self._runner.describe()

    def load(self, request):
        self._seen_ns, self._wait_ns = [], 0
        return self._runner.load(dataclasses.replace(request, variant=self._variant))

    def step(self, input_set):
        began = perf_counter_ns()
        self._runner.step(input_set)
        if not self._slowdown:
            return
        ended = perf_counter_ns()
        if self._wait_ns:
            while perf_counter_ns() - ended < self._wait_ns:
                pass
        else:
            self._calibrate(ended - began)

    def _calibrate(self, step_ns):
        self._seen_ns.append(step_ns)
        if len(self._seen_ns) == SKIPPED_STEPS + CALIBRATION_STEPS:
            self._wait_ns = round(self._slowdown * statistics.quantiles(self._seen_ns[SKIPPED_STEPS:], n=4)[0])

    def outputs(self):
        return self._runner.outputs()


def make_twin():
    folder, variant, slowdown = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("framework_runner", folder / "runner.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Twin(module.make_runner(), variant, slowdown)


if __name__ == "__main__":
    assay_runner.main(make_twin)
