"""Checkpoints whose config.json was changed: what the program says to them."""

import json
import os

from program import Exported

SAME, OTHER = 2e-5, 1e-3  # transformers computes norms and angles in float32; what a key changes is far above that


def with_config(folder, source, change):
    """A checkpoint with the weights of another and its config.json, changed."""
    folder.mkdir()
    os.link(source / "model.safetensors", folder / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def distance(x, truth):
    return ((x - truth).norm() / truth.norm()).item() if x.shape == truth.shape else float("inf")


class Ours:
    """The program's outputs of a checkpoint's inference in float64, evaluated once for all that have the same weights and numbers."""

    def __init__(self, program, tmp_path_factory):
        self.program, self.scratch, self.known = program, tmp_path_factory, {}

    def __call__(self, folder):
        """(the outputs, the ids of the input)"""
        description = self.program.output("graph", folder, "--json")  # its name has the hash of the weights
        if description not in self.known:
            out = self.scratch.mktemp("out")
            self.program.run("materials", folder, "-w", "inference", "--dir", out)
            files = Exported(out)
            (result,) = self.program.reference(files, 1).values()
            self.known[description] = result, files.tensors("inputs-1")["input_ids"]
        return self.known[description]


def check_refused(program, folder, key, place=""):
    done = program.attempt("graph", folder)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done.stderr
    assert f"config.json: {place}'{key}' is " in done.stderr and "expected" in done.stderr, done.stderr
