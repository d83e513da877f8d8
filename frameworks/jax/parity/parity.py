#!/usr/bin/env python3
"""Parity of the JAX runner, interleaved, against a Llama written by hand for jax.jit as JAX's documentation teaches (llama.py).

    VENV/bin/python frameworks/jax/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV is the environment of the build (`assay setup jax` says where). Raw samples, versions and the command go to results/CASE.json;
bench/parity/table.py makes the table. Before anything is timed, both sides must give the same numbers.
"""

import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "bench/parity"))
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

CASES = {"prefill": "inference", "decode": "latency", "training": "training"}  # name: workload
REQUIRED = set(CASES)  # the cases that a committed result at full size must be of
# Cases that do not show parity. One that comes to show it turns the test red, and leaves this list.
OPEN = set()


def measure(case, arguments, folder):
    workload = CASES[case]
    directory = pairing.exported(arguments, "smollm2-135m", workload, folder)
    state = directory / "state.safetensors"
    command = [arguments.python, HERE / "loop.py", "--workload", workload, "--size", arguments.size, "--weights",
               directory / "weights.safetensors", "--inputs", *pairing.inputs(directory), *(["--state", state] if state.exists() else [])]
    # XLA's pool of threads, which the runner confines in the same way.
    environment = {"NPROC": str(arguments.threads), "PJRT_NPROC": str(arguments.threads)}

    def start():
        runner = [arguments.python, ROOT / "frameworks/jax/runner.py"]
        return {"runner": pairing.side(runner, arguments, directory, gradients=workload == "training", variant="jit"),
                "by-hand": interleave.PlainSide(command, environment)}

    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder)
    return {"case": case, "workload": workload, "ours": "jax/jit@cpu", "theirs": "Llama by hand, jax.jit", "versions": versions,
            "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", "by-hand"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
