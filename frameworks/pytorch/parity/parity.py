#!/usr/bin/env python3
"""Parity of the PyTorch runner: against unmodified transformers' LlamaForCausalLM, the same weights, inputs and work, interleaved.

    VENV/bin/python frameworks/pytorch/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

VENV has the runner's packages (frameworks/pytorch/requirements.lock) and transformers. Raw samples, versions and the command go to
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

# name: (workload, our variant, options of the other side, options of another size)
CASES = {
    "prefill": ("inference", "eager", [], []),
    "training": ("training", "eager", [], []),
    "decode": ("latency", "eager", ["--cache", "dynamic"], []),
    "prefill-compile": ("inference", "compile", ["--compile"], []),
    "training-compile": ("training", "compile", ["--compile"], []),
    "prefill-batch": ("inference", "eager", [], ["--batch", "8"]),
    "decode-batch": ("latency", "eager", ["--cache", "dynamic"], ["--batch", "8"]),
    "decode-compile": ("latency", "compile", ["--compile", "--cache", "static"], []),
}
REQUIRED = {"prefill", "training"}  # the cases that a committed result at full size must be of
# Cases that do not show parity. One that comes to show it turns the test red, and leaves this list.
OPEN = {"training", "prefill-batch"}


def start(case, arguments, directory, folder):
    """{"runner": side, "transformers": side}, both loaded."""
    workload, variant, options, _ = CASES[case]
    inputs = [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]
    state = str(directory / "state.safetensors") if workload == "latency" else None
    environment = {"OMP_NUM_THREADS": str(arguments.threads), "TOKENIZERS_PARALLELISM": "false"}
    weights = str(directory / "weights.safetensors")
    load = {"graph": str(directory / "graph.json"), "weights": weights, "state": state,
            "gradients": workload == "training", "variant": variant, "device": "cpu", "precision": "f32",
            "threads": arguments.threads, "cache": str(folder / "cache")}
    ours = interleave.RunnerSide([arguments.python, ROOT / "frameworks/pytorch/runner.py"], environment, load, inputs)
    theirs = [arguments.python, HERE / "transformers_loop.py", "--workload", workload, "--size", arguments.size,
              "--threads", str(arguments.threads), "--weights", weights, "--inputs", *inputs, *options]
    theirs += ["--state", state] if state else []
    other = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "cache-transformers")}
    return {"runner": ours, "transformers": interleave.PlainSide(theirs, {**environment, **other})}


def measure(case, arguments, folder):
    workload, variant, options, sizes = CASES[case]
    directory = pairing.exported(arguments, "smollm2-135m", workload, folder, sizes)
    (folder / "cache").mkdir(exist_ok=True)
    chooser = random.Random(arguments.seed)
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start(case, arguments, directory, folder)
        agreement = agreement or results.agreement(sides, folder)
        versions = {**sides["transformers"].versions, **sides["runner"].description["details"]}
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    return {"case": case, "workload": workload, "ours": f"pytorch/{variant}@cpu",
            "theirs": " ".join(["LlamaForCausalLM, SDPA", *options, *sizes]), "versions": versions, "agreement": agreement,
            "ratio": results.ratio(arguments.assay, blocks, "runner", "transformers"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
