#!/usr/bin/env python3
"""Parity of the OpenVINO runner, on the same ONNX file of SmolLM2 as OpenVINO's own frontend reads it, interleaved: against benchmark_app,
OpenVINO's own tool, unmodified; and against a plain loop (loop.py), which has the same inputs and gives outputs to compare.

    VENV/bin/python frameworks/openvino/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV is the environment of the build (`assay setup openvino` says where), which has benchmark_app beside its Python. benchmark_app tells the
median of its steps and not each, so a visit of it is three of them, each of a process that compiles the model anew, which it does not
count, and warms up by one step. Raw samples, versions and the command go to results/CASE.json; bench/parity/table.py makes the table.
Before anything is timed, runner and loop must give the same numbers; benchmark_app, which gives none, cannot be asked.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "bench/parity"))
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

# name: (workload, the other side)
CASES = {"prefill": ("inference", "loop"), "decode": ("latency", "loop"),
         "prefill-benchmark-app": ("inference", "benchmark_app"), "decode-benchmark-app": ("latency", "benchmark_app")}
THEIRS = {"loop": "ONNX file, OpenVINO's frontend", "benchmark_app": "benchmark_app -api sync -hint none -nstreams 1 -infer_precision f32"}
REQUIRED = set(CASES)  # the cases that a committed result at full size must be of
# Cases that do not show parity. One that comes to show it turns the test red, and leaves this list.
OPEN = set()
UNITS = {"us": 1e3, "ms": 1e6}  # in ns


class BenchmarkApp:
    """benchmark_app, started anew for each series of steps: it takes no requests."""

    def __init__(self, python, model, inputs, threads):
        self.folder = tempfile.TemporaryDirectory()
        config = Path(self.folder.name) / "config.json"
        config.write_text(json.dumps({"CPU": {"EXECUTION_MODE_HINT": "ACCURACY", "KV_CACHE_PRECISION": "f32",
                                              "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}}))
        self.command = [Path(python).parent / "benchmark_app", "-m", model, "-d", "CPU", "-api", "sync", "-hint", "none", "-nstreams", "1",
                        "-nthreads", str(threads), "-infer_precision", "f32", "-load_config", config, "-i", ",".join(self._given(inputs))]
        # It takes four dimensions for an image of bytes, where the second is 3.
        precisions = ",".join(f"{name}:f32" for name, array in inputs.items() if array.dtype == numpy.float32)
        self.command += ["-iop", precisions] if precisions else []
        self.versions = {"openvino": version("openvino")}

    def _given(self, inputs):
        for name, array in inputs.items():
            path = Path(self.folder.name) / f"{name}.npy"
            numpy.save(path, array)
            yield f"{name}:{path}"

    def steps(self, sets):
        """Three processes where there are steps for them: a visit is a few numbers."""
        runs = min(3, len(sets))
        return [self._median(len(sets) // runs) for _ in range(runs)]

    def _median(self, steps):
        done = subprocess.run([*self.command, "-niter", str(steps)], capture_output=True, text=True)
        found = re.search(r"Median: +([0-9.]+) (us|ms)", done.stdout)
        if not found:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        return round(float(found[1]) * UNITS[found[2]])

    def pause(self):
        """Nothing runs between two series."""

    resume = end = pause


def start(case, arguments, directory):
    workload, side = CASES[case]
    inputs, state = pairing.inputs(directory), str(directory / "state.safetensors") if workload == "latency" else None
    ours, onnx_file = pairing.side(pairing.runner(arguments, "openvino"), arguments, directory), directory / "model.onnx"
    if side == "benchmark_app":
        given = load_file(inputs[0]) | (load_file(state) if state else {})
        return {"runner": ours, side: BenchmarkApp(arguments.python, onnx_file, given, arguments.threads)}
    theirs = [arguments.python, HERE / "loop.py", "--onnx", onnx_file, "--threads", str(arguments.threads), "--inputs", *inputs]
    return {"runner": ours, side: interleave.PlainSide(theirs + (["--state", state] if state else []), {})}


def measure(case, arguments, folder):
    workload, side = CASES[case]
    directory = pairing.exported(arguments, "smollm2-135m", workload, folder)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, directory)
        if side == "loop" and agreement is None:
            agreement = results.agreement(sides, folder)
        versions = sides[side].versions
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    return {"case": case, "workload": workload, "ours": "openvino/default@cpu", "theirs": THEIRS[side], "versions": versions,
            "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", side), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
