#!/usr/bin/env python3
"""What every contestant that is set up makes of tiny checkpoints of every decoder's model type, as transformers saves them: judged as in a
run, written as docs/own-models/decoders.json, from which docs/results/generate.py makes docs/own-models.md.

    python frameworks/pytorch/tests/fidelity/own_models.py [-f CONTESTANT …] [--models NAME …]

in PyTorch's environment, with the packages of the tests on PYTHONPATH behind its own. What was found before of others is kept.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(ROOT / "tests/conformance")]

import contestants  # noqa: E402
import decoders  # noqa: E402

RESULT = ROOT / "docs/own-models/decoders.json"
ROWS = {  # of decoders.MODELS: what to say of it
    "llama": "plain", "llama-3.1": "`llama3` positions", "llama-yarn": "`yarn` positions", "llama-dynamic": "`dynamic` positions",
    "mistral": "sliding window", "qwen2": "biases", "qwen3": "norms of queries and keys", "phi3": "fused projections",
    "phi3-longrope-partial": "a part of each head rotated, `longrope`", "gemma": "scaled embedding, 1 + weight norms",
    "gemma2": "soft caps, alternating windows", "gemma3": "two thetas, alternating windows", "smollm3": "layers without positions",
    "granite": "multipliers", "olmo2": "norms behind branches", "olmo3": "norms behind branches, windows",
}
TEXT = ("Tiny random checkpoints of every model type, saved by transformers: four layers of width 32, a window of 24 tokens where there is one, "
        "128 tokens of prefill and of training, one token behind 128.")


def judged(contestant, folders):
    """Findings by (model, workload); the model is told by its folder's name."""
    words = [word for folder in folders for word in ("-m", str(folder))]
    done = subprocess.run([contestants.PROGRAM, "judge", "--json", "--size", "full", "-f", contestant, *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if not done.stdout:
        sys.exit(f"{contestant}: {done.stderr}")
    return {(trial["model"].split("#")[0], trial["workload"]): finding(trial) for trial in json.loads(done.stdout)["results"]}


def finding(trial):
    state = trial["verdict"] if trial["outcome"] == "ok" else trial["outcome"]
    if state == "exact":
        return {"state": state, "times_f32": round(trial["times_f32"], 2)}
    told = [node["message"] for node in trial["nodes"]] or [trial["reason"]]
    reason = re.sub(r"\S+#[0-9a-f]{8}\S*", "this model", "; ".join(dict.fromkeys(told)))
    return {"state": state, "reason": re.sub(r"layers\.\d+", "layers.N", reason), "operators": sorted({node["op"] for node in trial["nodes"]})}


def processor():
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-f", "--framework", action="append")
    parser.add_argument("--models", nargs="*", default=list(ROWS))
    arguments = parser.parse_args()
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {"rows": []}
    cells = {row["name"]: row["cells"] for row in known["rows"]}
    with tempfile.TemporaryDirectory() as scratch:
        folders = []
        for name in arguments.models:
            decoders.make(name).save_pretrained(folder := Path(scratch) / name)
            folders.append(folder)
        for contestant in arguments.framework or [one.name for one in contestants.found()]:
            for (model, workload), found in judged(contestant, folders).items():
                cells.setdefault(model, {}).setdefault(contestant.split("@")[0], {})[workload] = found
                print(contestant, model, workload, found, flush=True)
            rows = [{"name": name, "model": decoders.MODELS[name][0], "what": ROWS[name], "cells": cells[name]} for name in ROWS if name in cells]
            RESULT.write_text(json.dumps({"title": "Decoders", "text": TEXT, "machine": processor(), "rows": rows}, indent=1) + os.linesep)


if __name__ == "__main__":
    main()
