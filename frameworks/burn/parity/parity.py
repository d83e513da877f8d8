#!/usr/bin/env python3
"""Parity of the Burn runner, interleaved, against Llama written with the modules of burn::nn, on the same back end and version.

    python frameworks/burn/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

Needs numpy and safetensors; the other side takes some minutes to compile, once. It is written as Burn's book teaches (src/llama.rs). Before
anything is timed both must give the same logits, or loss and gradients.
"""

import json
import random
import sys
from pathlib import Path

from safetensors import safe_open

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import cargo  # noqa: E402
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

MODEL = "smollm2-135m"
CASES = {"prefill": "inference", "decode": "latency", "training": "training"}  # name: workload
REQUIRED = {"prefill", "decode", "training"}  # the cases that a committed result at full size must be of
OPEN = set()


def sizes(directory):
    """What the other side needs to know of the model besides its weights."""
    nodes = json.loads((directory / "graph.json").read_text())["nodes"]
    heads = next(node["attributes"] for node in nodes if node["op"] == "Attention")["q_num_heads"]
    with safe_open(directory / "weights.safetensors", "numpy") as file:
        width = file.get_slice("model.embed_tokens.weight").get_shape()[1]
        layers = {name.split(".")[2] for name in file.keys() if name.startswith("model.layers.")}
    return {"layers": len(layers), "head_size": width // heads}


def measure(case, arguments, folder):
    program, other = pairing.runner(arguments, "burn"), cargo.compiled(HERE)
    directory = pairing.exported(arguments, MODEL, CASES[case], folder)

    def start():
        files = [directory / "weights.safetensors", directory / "state.safetensors", *pairing.inputs(directory)]
        command = [other, case, json.dumps(sizes(directory)), *files]
        return {"runner": pairing.side(program, arguments, directory, gradients=case == "training", variant="flex"),
                "burn::nn": interleave.PlainSide(command, {"RAYON_NUM_THREADS": str(arguments.threads)})}

    only = None if case == "training" else {"logits"}
    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder, only)
    return {"case": case, "workload": CASES[case], "ours": "burn/flex@cpu", "theirs": "Llama of burn::nn's modules", "versions": versions,
            "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", "burn::nn"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
