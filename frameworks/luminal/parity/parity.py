#!/usr/bin/env python3
"""What share of a plain MatMul2D's speed the Luminal runner keeps, interleaved: a step against its matrix products alone, in a plain graph of
Luminal's own operator.

    python frameworks/luminal/parity/parity.py --assay build/release/assay [--rounds 4] [--blocks 6]

Needs numpy and safetensors; the other side takes a minute to compile, once. Luminal has no code of its own for this model that is fit to
compare with (its `matmul` is ten thousand times slower than MatMul2D), so this is no parity of equal work: the other side does the products of the
model's Linear nodes and nothing else, and the ratio says how many times as long the whole step takes.
"""

import json
import math
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import cargo  # noqa: E402
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

CASES = {"products": ("smollm2-135m", "inference")}  # name: (model, workload)
REQUIRED = {"products"}  # the cases that a committed result at full size must be of
OPEN = {"products"}  # by its nature: what else a step does is most of its time, elementwise operators that evaluate an expression for each element


def products(directory):
    """[rows, inner, columns] of each Linear of the graph."""
    graph = json.loads((directory / "graph.json").read_text())
    shape = {value["name"]: value["shape"] for value in graph["values"]}
    rows = math.prod(shape["input_ids"])
    weights = [shape[node["inputs"][1]] for node in graph["nodes"] if node["op"] == "Linear"]
    return [[rows, inner, columns] for columns, inner in weights]


def measure(case, arguments, folder):
    program, other = pairing.runner(arguments, "luminal"), cargo.compiled(HERE)
    directory = pairing.exported(arguments, *CASES[case], folder)

    def start():
        return {"runner": pairing.side(program, arguments, directory),
                "MatMul2D": interleave.PlainSide([other, json.dumps(products(directory))], {"MATMUL_NUM_THREADS": str(arguments.threads)})}

    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder, only=set())
    return {"case": case, "workload": CASES[case][1], "ours": "luminal/default@cpu", "theirs": "the products alone, by MatMul2D",
            "versions": versions, "agreement": agreement, "ratio": results.ratio(arguments.assay, blocks, "runner", "MatMul2D"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
