#!/usr/bin/env python3
"""Parity of the ONNX Runtime runner: against a plain loop over the best ONNX graph made by hand, the same weights, inputs and work,
interleaved.

    VENV/bin/python frameworks/onnxruntime/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV has the runner's packages (frameworks/onnxruntime/requirements.lock). Raw samples, versions and the command go to
results/CASE.json; bench/parity/table.py makes the table. Before anything is timed, both sides must give the same numbers.
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

# name: (workload, our variant, options of the other side)
CASES = {
    "prefill": ("inference", "default", []),
    "prefill-joined": ("inference", "default", ["--joined"]),
    "decode": ("latency", "default", []),
    "decode-joined": ("latency", "default", ["--joined"]),
    "training": ("training", "gradient-graph", []),
}
REQUIRED = {"prefill", "decode", "training"}  # the cases that a committed result at full size must be of
# Cases that do not show parity. One that comes to show it turns the test red, and leaves this list.
OPEN = {"decode", "decode-joined", "prefill"}


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
    theirs = [arguments.python, HERE / "loop.py", "--workload", workload, "--size", arguments.size,
              "--threads", str(arguments.threads), "--weights", weights, "--inputs", *inputs, *options]
    theirs += ["--state", state] if state else []
    theirs += ["--gradient", str(directory / "gradient.onnx")] if training else []
    return {"runner": ours, "loop": interleave.PlainSide(theirs, {})}


def measure(case, arguments, folder):
    workload, variant, options = CASES[case]
    directory = pairing.exported(arguments, "smollm2-135m", workload, folder)
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


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
