#!/usr/bin/env python3
"""Parity of the ONNX Runtime runner: against a plain loop over the best ONNX graph made by hand, the same weights, inputs and work,
interleaved.

    VENV/bin/python bench/parity/onnx_runtime.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV has the runner's packages (frameworks/onnxruntime/requirements.lock). Raw samples, versions and the command go to
bench/parity/results/onnx_runtime-CASE.json; `table.py` makes the table. Before anything is timed, both sides must give the same numbers.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import interleave
import results

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# name: (workload, our variant, options of the other side)
CASES = {
    "prefill": ("inference", "default", []),
    "prefill-joined": ("inference", "default", ["--joined"]),
    "decode": ("latency", "default", []),
    "decode-joined": ("latency", "default", ["--joined"]),
    "training": ("training", "gradient-graph", []),
}


def export(arguments, workload, folder):
    """The files that a runner is given for the workload; returns their folder."""
    directory = folder / workload
    if not directory.exists():
        subprocess.run([arguments.assay, "export", "smollm2-135m", "--size", arguments.size, "-w", workload, "--dir", directory],
                       check=True)
    return directory


def start(case, arguments, directory, folder):
    """{"runner": side, "loop": side}, both loaded."""
    workload, variant, options = CASES[case]
    training = workload == "training"
    inputs = [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]
    state = str(directory / "state.safetensors") if workload == "latency" else None
    weights, model = str(directory / "weights.safetensors"), "gradient" if training else "model"
    load = {"graph": str(directory / ("gradient.json" if training else "graph.json")), "weights": weights, "state": state,
            "onnx": str(directory / f"{model}.onnx"), "gradients": False, "variant": variant, "device": "cpu",
            "precision": "f32", "threads": arguments.threads, "cache": str(folder)}
    ours = interleave.RunnerSide([arguments.python, ROOT / "frameworks/onnxruntime/runner.py"], {}, load, inputs)
    theirs = [arguments.python, HERE / "onnx_runtime_loop.py", "--workload", workload, "--size", arguments.size,
              "--threads", str(arguments.threads), "--weights", weights, "--inputs", *inputs, *options]
    theirs += ["--state", state] if state else []
    theirs += ["--gradient", str(directory / "gradient.onnx")] if training else []
    return {"runner": ours, "loop": interleave.PlainSide(theirs, {})}


def measure(case, arguments, folder):
    workload, variant, options = CASES[case]
    directory = export(arguments, workload, folder)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, directory, folder)
        agreement = agreement or results.agreement(sides, folder)
        versions = {**sides["loop"].versions, **sides["runner"].description["details"]}
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    graph = "gradient graph, weights as inputs" if workload == "training" else "graph by hand, fused operators"
    return {"case": case, "workload": workload, "ours": f"onnxruntime/{variant}@cpu", "theirs": " ".join([graph, *options]),
            "versions": versions, "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", "loop"), "blocks": blocks}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program assay")
    parser.add_argument("--python", default=sys.executable, help="a Python with the runner's packages (this one)")
    parser.add_argument("--only", default=",".join(CASES), help="cases, comma separated: " + ", ".join(CASES))
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--rounds", type=int, default=4, help="rounds in a block")
    parser.add_argument("--blocks", type=int, default=6, help="blocks; all processes start anew in each")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder for the results")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for case in arguments.only.split(","):
            about = results.surroundings("onnx_runtime.py", arguments)
            results.write(arguments.results / f"onnx_runtime-{case}.json", {**about, **measure(case, arguments, Path(folder))})


if __name__ == "__main__":
    main()
