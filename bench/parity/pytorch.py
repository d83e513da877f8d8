#!/usr/bin/env python3
"""Parity of the PyTorch runner: against unmodified transformers' LlamaForCausalLM, the same weights, inputs and work, interleaved.

    VENV/bin/python bench/parity/pytorch.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV has the runner's packages (frameworks/pytorch/requirements.lock) and transformers. Raw samples, versions and the command go to
bench/parity/results/pytorch-CASE.json; `table.py` makes the table. Before anything is timed, both sides must give the same numbers.
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
    "prefill": ("inference", "eager", []),
    "training": ("training", "eager", []),
    "decode": ("latency", "eager", ["--cache", "dynamic"]),
    "prefill-compile": ("inference", "compile", ["--compile"]),
    "training-compile": ("training", "compile", ["--compile"]),
    "decode-compile": ("latency", "compile", ["--compile", "--cache", "static"]),
}


def export(arguments, workload, folder):
    """The files that a runner is given for the workload; returns their folder."""
    directory = folder / workload
    if not directory.exists():
        subprocess.run([arguments.assay, "export", "smollm2-135m", "--size", arguments.size, "-w", workload, "--dir", directory],
                       check=True)
    return directory


def start(case, arguments, directory, folder):
    """{"runner": side, "transformers": side}, both loaded."""
    workload, variant, options = CASES[case]
    inputs = [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]
    state = str(directory / "state.safetensors") if workload == "latency" else None
    environment = {"OMP_NUM_THREADS": str(arguments.threads), "TOKENIZERS_PARALLELISM": "false"}
    weights = str(directory / "weights.safetensors")
    load = {"graph": str(directory / "graph.json"), "weights": weights, "state": state,
            "gradients": workload == "training", "variant": variant, "device": "cpu", "precision": "f32",
            "threads": arguments.threads, "cache": str(folder / "cache")}
    ours = interleave.RunnerSide([arguments.python, ROOT / "frameworks/pytorch/runner.py"], environment, load, inputs)
    theirs = [arguments.python, HERE / "pytorch_transformers.py", "--workload", workload, "--size", arguments.size,
              "--threads", str(arguments.threads), "--weights", weights, "--inputs", *inputs, *options]
    theirs += ["--state", state] if state else []
    other = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "cache-transformers")}
    return {"runner": ours, "transformers": interleave.PlainSide(theirs, {**environment, **other})}


def measure(case, arguments, folder):
    directory = export(arguments, CASES[case][0], folder)
    (folder / "cache").mkdir(exist_ok=True)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, directory, folder)
        agreement = agreement or results.agreement(sides, folder)
        versions = {**sides["transformers"].versions, **sides["runner"].description["details"]}
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    return {"case": case, "workload": CASES[case][0], "ours": f"pytorch/{CASES[case][1]}@cpu",
            "theirs": " ".join(["LlamaForCausalLM, SDPA", *CASES[case][2]]), "versions": versions, "agreement": agreement,
            "ratio": results.ratio(arguments.assay, blocks, "runner", "transformers"), "blocks": blocks}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program assay")
    parser.add_argument("--python", default=sys.executable, help="a Python with PyTorch and transformers (this one)")
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
            about = results.surroundings("pytorch.py", arguments)
            results.write(arguments.results / f"pytorch-{case}.json", {**about, **measure(case, arguments, Path(folder))})


if __name__ == "__main__":
    main()
