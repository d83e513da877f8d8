"""Speaks the protocol to a compiled runner, for the tests of frameworks that have one."""

import functools
import json
import os
import subprocess
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("ASSAY_BINARY", ROOT / "build/release/assay"))


@functools.cache
def built_runner(framework):
    """The runner of a framework, which must be set up."""
    done = subprocess.run([PROGRAM, "setup", "--json", framework], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    return Path(json.loads(done.stdout)["builds"][0]["directory"]) / "runner"


def refused(variant, cache):
    """What `assay setup` says of a variant whose device is not here; it leaves an empty cache empty. Skips where the device is."""
    checked = subprocess.run([PROGRAM, "check", "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    states = [row["state"] for row in json.loads(checked.stdout)["contestants"] if row["contestant"].split("@")[0] == variant]
    if set(states) - {"cannot run here"}:
        pytest.skip(f"{variant} can run here")
    done = subprocess.run([PROGRAM, "setup", variant], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "ASSAY_CACHE": str(cache)})
    assert done.returncode == 4 and not (cache / "frameworks").exists(), done.stderr
    return done.stderr


def exported(folder, workload, model="smollm2-135m", size="tiny"):
    """What a runner is given for a model, in miniature unless another size is asked for, in `folder`."""
    subprocess.run([PROGRAM, "materials", model, "--size", size, "-w", workload, "--dir", folder], check=True, capture_output=True)
    weights = folder / "weights.safetensors"
    content = weights.read_bytes()  # onnx refuses files that have a second name, as this one has in the cache
    weights.unlink()
    weights.write_bytes(content)
    return folder


def with_operator(folder, known, other):
    """Gives the nodes of an exported graph that have the operator `known` another one; their names."""
    path = folder / "graph.json"
    graph = json.loads(path.read_text())
    changed = [node for node in graph["nodes"] if node["op"] == known]
    for node in changed:
        node["op"] = other
    path.write_text(json.dumps(graph))
    return [node["name"] for node in changed]


def write_inputs(folder, graph, weights, inputs):
    """Files for a graph given as a dictionary."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.json").write_text(json.dumps(graph))
    save_file(weights, folder / "weights.safetensors")
    save_file(inputs, folder / "inputs-0.safetensors")
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
        self._process.stdin.write(json.dumps({"assay": 2, "id": self._id, "method": method, "params": params or {}}).encode() + b"\n")
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
                  "gradients": False, "variant": "default", "device": "cpu", "precision": "f32", "threads": 1, "cache": str(folder)}
        return self.ask("load", params | changes)

    def give(self, folder, numbers):
        """Hands over these input sets of the folder, or files, in this order; their file is gone afterwards."""
        sets = [load_file(one if isinstance(one, Path) else folder / f"inputs-{one}.safetensors") for one in numbers]
        path = folder / "given.safetensors"
        save_file({name: numpy.stack([one[name] for one in sets]) for name in sets[0]}, path)
        assert self.ask("inputs", {"path": str(path), "sets": len(sets)})["result"] == {}
        path.unlink()

    def run(self, folder, *numbers):
        """The outputs of the last of steps with these input sets, one request each but for the last two; asked for twice."""
        self.give(folder, numbers)
        for count in [1] * (len(numbers) - 2) + [min(2, len(numbers))]:
            reply = self.ask("steps", {"count": count})
            assert len(reply["result"]["samples_ns"]) == count, reply
        written = [self._outputs(folder / f"outputs-{time}.safetensors", len(numbers) - 1) for time in ("first", "second")]
        assert written[0] == written[1], "the same tensors again"
        return load_file(folder / "outputs-second.safetensors")

    def _outputs(self, path, place):
        assert self.ask("outputs", {"path": str(path)})["result"] == {"set": place}
        return path.read_bytes()

    def ticks(self):
        """How long each of its threads has computed, in ticks of the system's clock, by the thread's number."""
        times = {path.parent.name: path.read_text().rpartition(")")[2].split() for path in Path(f"/proc/{self._process.pid}/task").glob("*/stat")}
        return {thread: int(fields[11]) + int(fields[12]) for thread, fields in times.items()}

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(timeout=30)


@pytest.fixture
def runner(request):
    """The runner of the framework in whose folder the test lies."""
    return built_runner(request.path.parents[1].name)


@pytest.fixture
def client(runner):
    """Starts the runner; those that a test has started are closed after it."""
    clients = []

    def start(environment=None):
        clients.append(Client(runner, environment))
        return clients[-1]

    yield start
    for started in clients:
        started.close()
