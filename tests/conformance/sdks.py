"""The SDKs, found by looking: every folder of sdk/ whose tests have an echo.sh, which starts a runner of two operators, Identity and Add. Variants
make it misbehave: what each of them does is the same in every language."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
from contestants import HOME
from runners import Client
from safetensors.numpy import save_file

SCRIPTS = {path.parents[1].name: path for path in sorted(HOME.glob("sdk/*/tests/echo.sh"))}
SHAPE = [2, 2]


def graph(operator="Identity", shape=SHAPE):
    """x through the operator, twice, and then + w."""
    values = [{"name": "x", "dtype": "F32", "shape": shape, "role": "input"},
              {"name": "w", "dtype": "F32", "shape": shape, "role": "parameter", "trainable": True, "init": {"mean": 0, "std": 1}}]
    values += [{"name": name, "dtype": "F32", "shape": shape, "role": "computed"} for name in ("between", "again", "loss")]
    nodes = [{"name": name, "op": op, "inputs": inputs, "outputs": [name], "attributes": {}}
             for name, op, inputs in (("between", operator, ["x"]), ("again", operator, ["between"]), ("loss", "Add", ["again", "w"]))]
    return {"assay_graph": 1, "name": "sum", "values": values, "nodes": nodes, "outputs": ["loss"]}


class Echo(Client):
    """The runner of an SDK, whose files lie in `folder`."""

    def __init__(self, script, folder, **variables):
        self.folder, self.errors = Path(folder), open(folder / "stderr.txt", "w+")
        super().__init__([script], stderr=self.errors, ASSAY_TEST_PYTHON=sys.executable, **variables)
        self.write_graph()
        self.write("weights", w=numpy.full(SHAPE, 10))

    def path(self, name):
        return str(self.folder / f"{name}.safetensors")

    def write(self, name, **arrays):
        save_file({key: numpy.asarray(array, numpy.float32) for key, array in arrays.items()}, self.path(name))

    def write_graph(self, *words):
        (self.folder / "graph.json").write_text(json.dumps(graph(*words)))

    def load(self, variant="honest", **changes):
        params = {"graph": str(self.folder / "graph.json"), "weights": self.path("weights"), "state": None, "onnx": None, "gguf": None,
                  "gradients": False, "variant": variant, "device": "cpu", "precision": "f32", "threads": 1, "cache": str(self.folder)}
        return self.ask("load", **(params | changes))

    def give(self, *numbers):
        """A set full of each number; their file is gone when they are there."""
        self.write("inputs", x=[numpy.full(SHAPE, number) for number in numbers])
        return self.ask("inputs", path=self.path("inputs"), sets=len(numbers))

    def step(self, count=1):
        return self.ask("steps", count=count)

    def outputs(self, name="out"):
        return self.ask("outputs", path=self.path(name))

    def said(self):
        """What it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read()


def message(reply):
    return reply["error"]["message"]


def builds(script):
    """Compiles the runner if it needs to be, so that no test waits for it."""
    return subprocess.run([script], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
                          env=os.environ | {"ASSAY_TEST_PYTHON": sys.executable})
