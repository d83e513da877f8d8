"""The timed loop."""

import gc
from time import perf_counter_ns


def time_steps(step, sets):
    """Runs `step(s)` for each s of `sets`; returns the time of each in ns.

    The garbage collector works between batches, never within a step. What has been loaded is frozen, which makes that cheap.
    """
    samples = [0] * len(sets)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for index, input_set in enumerate(sets):
            start = perf_counter_ns()
            step(input_set)
            samples[index] = perf_counter_ns() - start
    finally:
        gc.enable()
    return samples
