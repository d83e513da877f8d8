"""Ways to run inference on a CPU, found in the frameworks' manifests, and their runners."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(ROOT / "sdk/cpp/tests")]

from drive import PROGRAM, Client  # noqa: E402


def manifest(framework):
    return tomllib.loads((ROOT / "frameworks" / framework / "framework.toml").read_text())


def contestants(workload):
    """(framework, variant) of all that may run it, whatever the model: a GGUF file is only written for llama."""
    found = []
    for path in sorted(ROOT.glob("frameworks/*/framework.toml")):
        known = manifest(path.parent.name)
        found += [(known["name"], one["name"]) for one in known["variant"]
                  if not known.get("hidden") and not one.get("hidden") and "cpu" in one.get("devices", ["cpu"]) and workload in one.get("workloads", [workload])
                  and one.get("model") != "gguf"]
    return found


def start(framework, variant, folder):
    """The runner of a variant, and what a request to load the files in `folder` must say for it. Sets the framework up if need be. What it
    compiles lies where `assay judge` has it."""
    chosen = next(one for one in manifest(framework)["variant"] if one["name"] == variant)
    done = subprocess.run([PROGRAM, "setup", "--json", framework], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    builds = {one["build"]: one["directory"] for one in json.loads(done.stdout)["builds"]}
    places = {"build": builds.get(chosen.get("build")), "framework": ROOT / "frameworks" / framework, "source": ROOT}
    command = [word.format(**places) for word in chosen["command"]]
    build = Path(builds.get(chosen.get("build"), ""))
    cache = build.parents[2] / "compiled" / framework / build.name if build.name else folder
    changes = {"variant": variant, "cache": str(cache)} | ({"onnx": str(folder / "model.onnx")} if chosen.get("model") == "onnx" else {})
    return Client(command, {"PYTHONPATH": str(ROOT / "sdk/python")}), changes
