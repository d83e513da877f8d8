#!/usr/bin/env python3
"""What every contestant that is set up makes of tiny checkpoints of every decoder's and encoder's model type, as transformers saves them:
judged as in a run, written as docs/own-models/*.json, from which docs/results/generate.py makes docs/own-models.md.

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
import encoders  # noqa: E402

RESULTS = ROOT / "docs/own-models"
DECODERS = {  # of decoders.MODELS: what to say of it
    "llama": "plain", "llama-3.1": "`llama3` positions", "llama-yarn": "`yarn` positions", "llama-dynamic": "`dynamic` positions",
    "mistral": "sliding window", "qwen2": "biases", "qwen3": "norms of queries and keys", "phi3": "fused projections",
    "phi3-longrope-partial": "a part of each head rotated, `longrope`", "gemma": "scaled embedding, 1 + weight norms",
    "gemma2": "soft caps, alternating windows", "gemma3": "two thetas, alternating windows", "smollm3": "layers without positions",
    "granite": "multipliers", "olmo2": "norms behind branches", "olmo3": "norms behind branches, windows",
}
ENCODERS = {  # of encoders.MODELS
    "bert": "plain", "bert-tanh": "GELU by tanh", "roberta": "positions behind that of padding", "xlm-roberta": "SiLU", "camembert": "plain",
    "distilbert": "no token types", "distilbert-relu": "ReLU", "modernbert": "two thetas, local and global attention, GeGLU, norms without biases",
    "modernbert-biases": "biases", "modernbert-layers": "`linear` positions", "nomic": "rotary, SwiGLU, no biases", "nomic-dynamic": "`dynamic` positions",
}


class Table:
    """A section of the page. `save(name, folder)` writes the checkpoint of a row."""

    def __init__(self, name, title, text, rows, models, save):
        self.file, self.title, self.text, self.rows, self.models, self.save = RESULTS / f"{name}.json", title, text, rows, models, save
        known = json.loads(self.file.read_text()) if self.file.exists() else {"rows": []}
        self.cells = {row["name"]: row["cells"] for row in known["rows"]}

    def write(self):
        rows = [{"name": name, "model": self.models[name][0], "what": self.rows[name], "cells": self.cells[name]} for name in self.rows if name in self.cells]
        if rows:
            self.file.write_text(json.dumps({"title": self.title, "text": self.text, "machine": processor(), "rows": rows}, indent=1) + os.linesep)


def tables():
    return [
        Table("decoders", "Decoders",
              "Tiny random checkpoints of every model type, saved by transformers: four layers of width 32, a window of 24 tokens where there is one, "
              "128 tokens of prefill and of training, one token behind 128.",
              DECODERS, decoders.MODELS, lambda name, folder: decoders.make(name).save_pretrained(folder)),
        Table("encoders", "Encoders",
              "Likewise, as masked language models: four layers of width 32, a token sees 12 to each side where attention is local, sentences of 128 tokens "
              "in inference and training, of 8 in latency.",
              ENCODERS, encoders.MODELS, lambda name, folder: encoders.make(name, masked_lm=True).save_pretrained(folder)),
    ]


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
    parser.add_argument("--models", nargs="*", default=[*DECODERS, *ENCODERS])
    arguments = parser.parse_args()
    pages = tables()
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: (Path(scratch) / name, page) for page in pages for name in page.rows if name in arguments.models}
        for name, (folder, page) in folders.items():
            page.save(name, folder)
        for contestant in arguments.framework or [one.name for one in contestants.found()]:
            for (model, workload), found in judged(contestant, [folder for folder, _ in folders.values()]).items():
                folders[model][1].cells.setdefault(model, {}).setdefault(contestant.split("@")[0], {})[workload] = found
                print(contestant, model, workload, found, flush=True)
            for page in pages:
                page.write()


if __name__ == "__main__":
    main()
