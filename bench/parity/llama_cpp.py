#!/usr/bin/env python3
"""Parity of the llama.cpp runner: against a copy of llama-bench's loop that asks for all logits (llama_cpp_loop.cc), on the same library
and the same file, interleaved.

    python bench/parity/llama_cpp.py --assay build/release/assay [--only prefill,decode] [--rounds 8] [--blocks 3]

Needs numpy and safetensors, and `assay setup llama.cpp`. llama-bench itself computes the head for one token of a prompt, which is less
work than ours; decoding one token it does the same. Raw samples, versions and the command go to bench/parity/results/llama_cpp-CASE.json;
`table.py` makes the table. Before anything is timed, both sides must give the same logits. The loop fills its cache by decoding the past
tokens, the runner from the state that it is given.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path

import interleave
import results
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
CASES = {"prefill": "inference", "decode": "latency"}
PAST = range(128)  # the tokens behind the workload's state
LIBRARIES = ("llama", "ggml", "ggml-cpu", "ggml-base")


def build_folder(arguments):
    """Where `assay setup llama.cpp` has put the runner, and the libraries it is linked from."""
    done = subprocess.run([arguments.assay, "setup", "--json", "llama.cpp"], check=True, capture_output=True, text=True)
    folder = Path(json.loads(done.stdout)["builds"][0]["directory"])
    return folder, Path((folder / "libraries.txt").read_text().strip())


def compiled_loop(libraries, folder):
    loop = folder / "llama_cpp_loop"
    archives = [libraries / f"lib/lib{name}.a" for name in LIBRARIES]
    subprocess.run(["c++", "-std=c++20", "-O2", "-I", libraries / "include", HERE / "llama_cpp_loop.cc", *archives, "-lpthread", "-ldl",
                    "-lm", "-o", loop], check=True)
    return loop


def exported(arguments, case, folder):
    directory = folder / case
    if not directory.exists():
        about = ["smollm2-135m", "--size", arguments.size, "-w", CASES[case]]
        subprocess.run([arguments.assay, "export", *about, "--dir", directory], check=True)
        subprocess.run([arguments.assay, "graph", *about, "--gguf", directory / "model.gguf"], check=True)
    return directory


def start(case, arguments, runner, loop, directory):
    inputs = [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]
    load = {"graph": str(directory / "graph.json"), "weights": str(directory / "weights.safetensors"), "onnx": None,
            "gguf": str(directory / "model.gguf"), "state": str(directory / "state.safetensors") if case == "decode" else None,
            "inputs": inputs, "gradients": False, "variant": "default", "device": "cpu", "precision": "f32",
            "threads": arguments.threads, "cache": str(directory)}
    ids = [",".join(map(str, load_file(path)["input_ids"].ravel())) for path in inputs]
    past = ",".join(map(str, PAST)) if case == "decode" else "-"
    return {"runner": interleave.RunnerSide([runner], {}, load),
            "loop": interleave.PlainSide([loop, directory / "model.gguf", str(arguments.threads), past, *ids], {})}


def measure(case, arguments, folder):
    build, libraries = build_folder(arguments)
    loop, directory = compiled_loop(libraries, folder), exported(arguments, case, folder)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, build / "runner", loop, directory)
        agreement = results.agreement(sides, folder, only={"logits"}) if agreement is None else agreement
        versions = {**sides["loop"].versions, "source": (build / "installed.txt").read_text().strip()}
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    return {"case": case, "workload": CASES[case], "ours": "llama.cpp/default@cpu", "theirs": "llama-bench's loop, all logits",
            "versions": versions, "agreement": agreement, "ratio": interleave.ratio(blocks, "runner", "loop"),
            "ratio_of_lowest": interleave.ratio(blocks, "runner", "loop", min), "blocks": blocks}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program assay")
    parser.add_argument("--only", default=",".join(CASES), help="cases, comma separated: " + ", ".join(CASES))
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--rounds", type=int, default=8, help="rounds in a block")
    parser.add_argument("--blocks", type=int, default=3, help="blocks; all processes start anew in each")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder for the results")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for case in arguments.only.split(","):
            about = results.surroundings("llama_cpp.py", arguments)
            results.write(arguments.results / f"llama_cpp-{case}.json", {**about, **measure(case, arguments, Path(folder))})


if __name__ == "__main__":
    main()
