#!/usr/bin/env python3
"""Parity of the Meganeura runner, interleaved, against Meganeura's own SmolLM2, unmodified, on the same version and on Lavapipe.

    python frameworks/meganeura/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

Needs numpy and safetensors; the other side takes some minutes to compile, once. Before anything is timed both must give the same logits, or
the same loss. Decoding is not compared: Meganeura's own cache is of heads of 64, and of attention that is another operator. Labels are made into
rows with a single 1 outside the other side's clock, inside ours. At full size only: Meganeura's rotation knows no heads of 16.
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
CASES = {"prefill": "inference", "training": "training"}  # name: workload
REQUIRED = set(CASES)  # the cases that a committed result at full size must be of
OPEN = set()
HEAD_SIZE = 64


def sizes(directory):
    """The numbers of the model's config, from the shapes of its weights."""
    with safe_open(directory / "weights.safetensors", "numpy") as file:
        shape = {name: file.get_slice(name).get_shape() for name in file.keys()}
    vocabulary, width = shape["model.embed_tokens.weight"]
    layers = {name.split(".")[2] for name in shape if name.startswith("model.layers.")}
    return {"vocab_size": vocabulary, "hidden_size": width, "num_hidden_layers": len(layers), "num_attention_heads": width // HEAD_SIZE,
            "num_key_value_heads": shape["model.layers.0.self_attn.k_proj.weight"][0] // HEAD_SIZE,
            "intermediate_size": shape["model.layers.0.mlp.gate_proj.weight"][0]}


def measure(case, arguments, folder):
    program, other = pairing.runner(arguments, "meganeura"), cargo.compiled(HERE)
    directory = pairing.exported(arguments, MODEL, CASES[case], folder)
    driver = program.with_name("lavapipe.json")
    drivers = {"VK_DRIVER_FILES": str(driver), "VK_ICD_FILENAMES": str(driver)} if driver.exists() else {}

    def start():
        command = [other, case, json.dumps(sizes(directory)), directory / "weights.safetensors", *pairing.inputs(directory)]
        return {"runner": pairing.side(program, arguments, directory, gradients=case == "training", device="lavapipe"),
                "own model": interleave.PlainSide(command, {"LP_NUM_THREADS": str(arguments.threads), **drivers})}

    only = {"loss" if case == "training" else "logits"}
    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder, only)
    return {"case": case, "workload": CASES[case], "ours": "meganeura/default@lavapipe", "theirs": "Meganeura's own SmolLM2",
            "versions": versions, "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", "own model"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
