"""The other side of a comparison where it is Python: the loop that answers, one JSON object a line (interleave.PlainSide). It uses nothing
of Assay, and nothing of what it does is timed but the steps."""

import json
import os
import sys
import time

from safetensors.numpy import save_file


def serve(make, versions):
    """`make()` gives what computes, with step(inputs) and outputs(), and the two input sets in the form that step takes. What it prints
    while it loads goes to standard error."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    work, inputs = make()
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if "steps" in request:
            answer["samples_ns"] = timed(work, [inputs[chosen] for chosen in request["steps"]])
        elif "outputs" in request:
            save_file(work.outputs(), request["outputs"])
        elif "versions" in request:
            answer = versions
        print(json.dumps(answer), file=replies, flush=True)


def timed(work, sets):
    samples = []
    for inputs in sets:
        start = time.perf_counter_ns()
        work.step(inputs)
        samples.append(time.perf_counter_ns() - start)
    return samples
