"""Speaks the protocol to a compiled runner, for the tests of frameworks that have one."""

import json
import os
import subprocess
from pathlib import Path

from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("ASSAY_BINARY", ROOT / "build/release/assay"))


def built_runner(framework):
    """The runner of a framework, which must be set up."""
    done = subprocess.run([PROGRAM, "setup", "--json", framework], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    return Path(json.loads(done.stdout)["builds"][0]["directory"]) / "runner"


def exported(folder, workload, model="smollm2-135m"):
    """What a runner is given for a model in miniature, in `folder`."""
    subprocess.run([PROGRAM, "export", model, "--size", "tiny", "-w", workload, "--dir", folder], check=True, capture_output=True)
    weights = folder / "weights.safetensors"
    content = weights.read_bytes()  # onnx refuses files that have a second name, as this one has in the cache
    weights.unlink()
    weights.write_bytes(content)
    return folder


def write_inputs(folder, graph, weights, inputs):
    """Files for a graph given as a dictionary: the same inputs in both sets."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.json").write_text(json.dumps(graph))
    save_file(weights, folder / "weights.safetensors")
    for name in ("inputs-0", "inputs-1"):
        save_file(inputs, folder / f"{name}.safetensors")
    return folder


class Died(Exception):
    """The runner ended instead of answering; `code` is its exit code, negative for a signal."""

    def __init__(self, code):
        super().__init__(f"the runner ended with {code}")
        self.code = code


class Client:
    """`runner` is a program, or a command as a list."""

    def __init__(self, runner, environment=None):
        self._process = subprocess.Popen(runner, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                         env=os.environ | (environment or {}))
        self._id = 0

    def ask(self, method, params=None):
        """The reply without its envelope: {"result": …} or {"error": …}."""
        self._id += 1
        self._process.stdin.write(json.dumps({"assay": 1, "id": self._id, "method": method, "params": params or {}}).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Died(self._process.wait())
        reply = json.loads(line)
        assert reply["id"] == self._id
        return reply

    def load(self, folder, graph="graph.json", **changes):
        state = folder / "state.safetensors"
        params = {"graph": str(folder / graph), "weights": str(folder / "weights.safetensors"), "onnx": None, "gguf": None,
                  "state": str(state) if state.exists() else None,
                  "inputs": [str(folder / f"inputs-{input_set}.safetensors") for input_set in (0, 1)],
                  "gradients": False, "variant": "default", "device": "cpu", "precision": "f32", "threads": 1, "cache": str(folder)}
        return self.ask("load", params | changes)

    def run(self, folder, input_set):
        """The outputs of a step with that input set, after one with the other."""
        reply = self.ask("steps", {"sets": [1 - input_set, input_set]})
        assert len(reply["result"]["samples_ns"]) == 2, reply
        path = folder / "outputs.safetensors"
        assert self.ask("outputs", {"path": str(path)})["result"] == {"set": input_set}
        return load_file(path)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(timeout=30)
