#!/usr/bin/env python3
"""Parity of the MLX runner, interleaved, against mlx-lm's own Llama, unmodified, on the same version of MLX and the same OpenBLAS.

    VENV/bin/python frameworks/mlx/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV has the packages of parity/requirements.lock (`bash sdk/python/venv.sh VENV frameworks/mlx/parity/requirements.lock`); the runner is set up if need
be. A C compiler makes the few lines that put OpenBLAS under MLX's Python package (openblas.c). Before anything is timed both must give the same.
"""

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

CASES = {"prefill": "inference", "decode": "latency", "training": "training"}  # name: workload
REQUIRED = set(CASES)  # the cases that a committed result at full size must be of
OPEN = set()


def preloaded(folder):
    """The library to preload into the other side."""
    library = folder / "libopenblas_for_mlx.so"
    if not library.exists():
        openblas = Path(importlib.util.find_spec("scipy_openblas32").origin).parent / "lib"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", HERE / "openblas.c", "-o", library, f"-L{openblas}", "-lscipy_openblas",
                        f"-Wl,-rpath,{openblas}"], check=True)
    return library


def measure(case, arguments, folder):
    workload = CASES[case]
    program, directory = pairing.runner(arguments, "mlx"), pairing.exported(arguments, "smollm2-135m", workload, folder)
    state = directory / "state.safetensors"
    command = [arguments.python, HERE / "loop.py", "--workload", workload, "--graph", directory / "graph.json", "--weights",
               directory / "weights.safetensors", "--inputs", *pairing.inputs(directory), *(["--state", state] if state.exists() else [])]
    environment = {"LD_PRELOAD": str(preloaded(folder)), "OPENBLAS_NUM_THREADS": str(arguments.threads), "TMPDIR": str(directory)}

    def start():
        return {"runner": pairing.side(program, arguments, directory, gradients=workload == "training", variant="openblas"),
                "mlx-lm": interleave.PlainSide(command, environment)}

    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder)
    return {"case": case, "workload": workload, "ours": "mlx/openblas@cpu", "theirs": "mlx-lm's Llama", "versions": versions, "agreement": agreement,
            "ratio": results.ratio(arguments.assay, blocks, "runner", "mlx-lm"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
