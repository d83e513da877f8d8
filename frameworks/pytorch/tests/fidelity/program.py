"""The program `assay`: exports a workload's files and evaluates its graph."""

import json
import subprocess

from safetensors.torch import load_file


class Exported:
    """A folder written by `assay materials`."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return self.folder / name

    def tensors(self, name):
        return load_file(self.path(name + ".safetensors"))

    def graph(self, name="graph"):
        return json.loads(self.path(name + ".json").read_text())


class Program:
    def __init__(self, binary):
        self.binary = binary

    def attempt(self, *arguments):
        return subprocess.run([str(self.binary), *map(str, arguments)], capture_output=True, text=True, check=False)

    def run(self, *arguments):
        self.output(*arguments)

    def output(self, *arguments):
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"{' '.join(map(str, arguments))}: {done.stderr}"
        return done.stdout

    def export(self, model, size, workload, folder):
        self.run("materials", model, "--size", size, "-w", workload, "--dir", folder)
        return Exported(folder)

    def reference(self, exported, input_set, scalar="f64", graph="graph"):
        """The graph's outputs by name, for one input set; evaluated once."""
        files = ["weights", f"inputs-{input_set}"] + (["state"] if exported.path("state.safetensors").exists() else [])
        out = exported.path(f"out-{graph}-{input_set}-{scalar}.safetensors")
        if out.exists():
            return load_file(out)
        bindings = [argument for name in files for argument in ("--bindings", exported.path(name + ".safetensors"))]
        self.run("reference", "--graph", exported.path(graph + ".json"), *bindings, "--out", out, "--scalar", scalar)
        return load_file(out)
