"""Prompts of few tokens: what comes of the first tokens does not depend on how many follow. On CUDA it does for 4 to 16, which ggml multiplies in
TF32 (docs/findings.md); when that test fails, ggml has mended it."""

import functools
import json
import subprocess
from pathlib import Path

import numpy
import pytest
from drive import PROGRAM, Client, exported
from safetensors.numpy import load_file, save_file
from test_runner import gguf

LENGTH = 128
TF32_ON_CUDA = (4, 8, 16)
COUNTS = (1, 2, 3, *TF32_ON_CUDA, 17, 64)


@functools.cache
def command(variant):
    """How the runner of a variant is started; skips where it is not set up."""
    rows = json.loads(subprocess.run([PROGRAM, "check", "--json"], capture_output=True, text=True, check=True).stdout)["contestants"]
    row = next(row for row in rows if row["contestant"].startswith(variant + "@"))
    if row["state"] != "ready":
        pytest.skip(row["hint"] if row["state"] == "cannot run here" else f"{variant} is not set up here")
    done = subprocess.run([PROGRAM, "setup", "--json", variant], capture_output=True, text=True, check=True)
    build = Path(json.loads(done.stdout)["builds"][0]["directory"])
    return ["env", f"LD_LIBRARY_PATH={build}/cuda/lib", str(build / "runner")]


def shortened(folder, count, to):
    """The model's files with a prompt of the first `count` tokens."""
    to.mkdir()
    (to / "weights.safetensors").symlink_to(folder / "weights.safetensors")
    graph = json.loads((folder / "graph.json").read_text())
    for value in graph["values"]:
        if value["role"] != "parameter":
            value["shape"] = [count if size == LENGTH else size for size in value["shape"]]
        if "data" in value:  # the tables of the rotation, a row for each position
            value["data"] = value["data"][: int(numpy.prod(value["shape"]))]
    (to / "graph.json").write_text(json.dumps(graph))
    (name, ids), = load_file(folder / "inputs-0.safetensors").items()
    save_file({name: numpy.ascontiguousarray(ids[:, :count])}, to / "inputs-0.safetensors")
    return to


def differences(folder, variant, device):
    """{count: how far the logits of a prompt of so many tokens are from the first of the whole one}, relative."""
    folder = exported(folder, "inference")
    runner, path = Client(command(variant)), gguf(folder)

    def logits(place):
        assert "result" in runner.load(place, gguf=path, variant=variant.split("/")[1], device=device)
        return runner.run(place, 0)["logits"].astype("f8")

    whole, found = logits(folder), {}
    for count in COUNTS:
        few, first = logits(shortened(folder, count, folder / f"first-{count}")), whole[:, :count]
        found[count] = numpy.linalg.norm(few - first) / numpy.linalg.norm(first)
    runner.close()
    return found


def test_on_the_cpu_the_first_tokens_are_the_same(tmp_path):
    assert max(differences(tmp_path, "llama.cpp/default", "cpu").values()) < 2e-6


def test_on_cuda_they_are_but_for_those_that_ggml_multiplies_in_tf32(tmp_path):
    found = differences(tmp_path, "llama.cpp/cuda", "cuda")
    assert max(error for count, error in found.items() if count not in TF32_ON_CUDA) < 2e-6, found
    assert min(found[count] for count in TF32_ON_CUDA) > 1e-4, f"no TF32 any more: {found}"
