#!/usr/bin/env python3
"""Parity of the llama.cpp runner, on the same library and the same file, interleaved: against llama-bench, unmodified and built from the
same source, where it does the same work but for the cache's type (decoding one token), and against a copy of its loop that asks for all
logits (llama_cpp_loop.cc).

    python bench/parity/llama_cpp.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

Needs numpy and safetensors, and `assay setup llama.cpp`; llama-bench takes some minutes to build, once. Of a prompt it computes the head
for one token, which is less work than ours. Raw samples, versions and the command go to bench/parity/results/llama_cpp-CASE.json;
`table.py` makes the table. Before anything is timed, runner and loop must give the same logits; llama-bench, which gives none and takes
tokens at random, cannot be asked. The loop fills its cache by decoding the past tokens, the runner from the state that it is given.
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
# name: (workload, the other side)
CASES = {"prefill": ("inference", "loop"), "decode": ("latency", "loop"), "decode-llama-bench": ("latency", "llama-bench")}
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


def built_bench(libraries):
    """llama-bench from the source and in the build tree of the libraries, which are not built again."""
    build = libraries / "build"
    subprocess.run(["cmake", "-S", libraries / "src", "-B", build, "-DLLAMA_BUILD_COMMON=ON", "-DLLAMA_BUILD_TOOLS=ON",
                    "-DLLAMA_OPENSSL=OFF"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", build, "--target", "llama-bench"], check=True, stdout=subprocess.DEVNULL)
    return build / "bin/llama-bench"


class BenchSide:
    """llama-bench, started anew for each series of steps: it takes no requests. It warms up by itself, and restores the filled cache
    before each step, outside its clock. The cache is in half precision, for llama-bench knows no float32 one: a little less to read."""

    def __init__(self, bench, model, past, threads):
        self.command = [bench, "-m", model, "-p", "0", "-n", "1", "-d", str(past), "-t", str(threads), "-fa", "off", "-ngl", "0",
                        "-o", "json"]
        entry = self.entry(1)
        self.versions = {name: str(entry[name]) for name in ("build_commit", "build_number", "cpu_info", "model_type")}

    def entry(self, repetitions):
        done = subprocess.run([*self.command, "-r", str(repetitions)], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)[0]

    def steps(self, sets):
        return self.entry(len(sets))["samples_ns"]

    def pause(self):
        """Nothing runs between two series."""

    resume = end = pause


def exported(arguments, case, folder):
    workload = CASES[case][0]
    directory = folder / workload
    if not directory.exists():
        about = ["smollm2-135m", "--size", arguments.size, "-w", workload]
        subprocess.run([arguments.assay, "export", *about, "--dir", directory], check=True)
        subprocess.run([arguments.assay, "graph", *about, "--gguf", directory / "model.gguf"], check=True)
    return directory


def start(case, arguments, runner, other, directory):
    decoding = CASES[case][0] == "latency"
    inputs = [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]
    load = {"graph": str(directory / "graph.json"), "weights": str(directory / "weights.safetensors"), "onnx": None,
            "gguf": str(directory / "model.gguf"), "state": str(directory / "state.safetensors") if decoding else None,
            "gradients": False, "variant": "default", "device": "cpu", "precision": "f32",
            "threads": arguments.threads, "cache": str(directory)}
    ours = interleave.RunnerSide([runner], {}, load, inputs)
    if CASES[case][1] == "llama-bench":
        return {"runner": ours, "llama-bench": BenchSide(other, directory / "model.gguf", len(PAST), arguments.threads)}
    ids = [",".join(map(str, load_file(path)["input_ids"].ravel())) for path in inputs]
    past = ",".join(map(str, PAST)) if decoding else "-"
    return {"runner": ours,
            "loop": interleave.PlainSide([other, directory / "model.gguf", str(arguments.threads), past, *ids], {})}


def measure(case, arguments, folder):
    build, libraries = build_folder(arguments)
    workload, side = CASES[case]
    other = built_bench(libraries) if side == "llama-bench" else compiled_loop(libraries, folder)
    directory = exported(arguments, case, folder)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, build / "runner", other, directory)
        if side == "loop" and agreement is None:
            agreement = results.agreement(sides, folder, only={"logits"})
        versions = {**sides[side].versions, "source": (build / "installed.txt").read_text().strip()}
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    theirs = "llama-bench's loop, all logits" if side == "loop" else f"llama-bench -p 0 -n 1 -d {len(PAST)}"
    return {"case": case, "workload": workload, "ours": "llama.cpp/default@cpu", "theirs": theirs, "versions": versions,
            "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", side), "blocks": blocks}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program assay")
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
            about = results.surroundings("llama_cpp.py", arguments)
            results.write(arguments.results / f"llama_cpp-{case}.json", {**about, **measure(case, arguments, Path(folder))})


if __name__ == "__main__":
    main()
