"""The timed loop."""

import gc
from time import perf_counter_ns


def time_steps(step, sets):
    """Runs `step(inputs)` for each of `sets`; returns the time of each in ns."""
    samples = [0] * len(sets)
    for index, inputs in enumerate(sets):
        start = perf_counter_ns()
        step(inputs)
        samples[index] = perf_counter_ns() - start
    return samples


def time_parts(parts, sets):
    """Runs `parts(inputs)` to its end for each of `sets`; returns the time of each, and of all their parts one after the other, in ns."""
    samples, each = [], []
    for inputs in sets:
        begun = last = perf_counter_ns()
        for _ in parts(inputs):
            now = perf_counter_ns()
            each.append(now - last)
            last = now
        samples.append(perf_counter_ns() - begun)
    return samples, each


class Collector:
    """Keeps Python's garbage collector out of the steps, and what is resident out of the collector.

    What a load makes, and what the first steps after it make (compiled code), stays until the next load. It is frozen, which costs
    nothing, and never walked through again; from then on only what steps leave behind is, and that between requests.
    """

    def __init__(self):
        self._settled = False

    def before_load(self):
        gc.unfreeze()

    def after_load(self):
        gc.freeze()
        self._settled = False

    def without(self, call, *arguments):
        """call(*arguments), and no collection meanwhile."""
        gc.disable()
        try:
            return call(*arguments)
        finally:
            if not self._settled:
                gc.freeze()
            self._settled = True
            gc.enable()
