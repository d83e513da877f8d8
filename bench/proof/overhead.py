"""What the timing loop itself adds to a step: batches of steps that do nothing, through the protocol as the core speaks it."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "frameworks/fake")]
import suites  # noqa: E402
from tensors import read_tensors, write_tensors  # noqa: E402

STEPS, BATCHES = 5000, 20


class Runner:
    """A runner's process and the pipe to it."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._id = 0

    def call(self, method, **params):
        self._id += 1
        self._process.stdin.write(json.dumps({"assay": 2, "id": self._id, "method": method, "params": params}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']}")
        return reply["result"]

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)


def files(program, folder):
    """What any workload gives a runner; the empty one reads none of it but must be able to."""
    done = subprocess.run([str(program), "materials", "smollm2-135m", "--size", "tiny", "-w", "inference", "--dir", folder],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return {"graph": f"{folder}/graph.json", "weights": f"{folder}/weights.safetensors", "state": None, "onnx": None, "gguf": None,
            "gradients": False, "variant": "empty", "device": "cpu", "precision": "f32", "threads": 1, "cache": folder}


def write_inputs(folder):
    """A file of inputs for all steps of a batch; returns the request's params."""
    path = f"{folder}/inputs.safetensors"
    one = read_tensors(f"{folder}/inputs-0.safetensors")
    write_tensors(path, {name: (dtype, [STEPS, *shape], data * STEPS) for name, (dtype, shape, data) in one.items()})
    return {"path": path, "sets": STEPS}


def commands(program):
    """SDK -> command of its empty runner. One in Python needs NumPy, so it has the interpreter of a framework's runner."""
    built = Path(program).resolve().parent
    subprocess.run(["cmake", "--build", built, "--target", "empty_runner"], check=True, stdout=subprocess.DEVNULL)
    return {"Python": [suites.interpreter(program, suites.quickest_in_python(), None), HERE / "empty_runner.py"], "C++": [built / "empty_runner"],
            "Rust": [built_by_cargo()]}


def built_by_cargo():
    """The empty runner of the SDK for Rust, compiled as one that is measured is."""
    build = ["bash", HERE.parents[1] / "sdk/rust/cargo.sh", "build", "--release", "--example", "empty", "--message-format", "json"]
    done = subprocess.run(build, cwd=HERE.parents[1] / "sdk/rust", check=True, stdout=subprocess.PIPE, text=True)
    made = [json.loads(line) for line in done.stdout.splitlines()]
    return next(entry["executable"] for entry in made if entry.get("executable"))


def measure(program):
    """ns that the loop of each SDK adds to one step, {SDK: ns}."""
    return {sdk: mean_of_empty_steps(program, command) for sdk, command in commands(program).items()}


def mean_of_empty_steps(program, command):
    """The median over batches of the mean sample of an empty step. The clock's two calls and the call of the step are in it; what a
    batch takes besides (the message there and back) is no part of any sample."""
    with tempfile.TemporaryDirectory(prefix="assay-trust-") as folder:
        runner = Runner(command)
        try:
            runner.call("describe")
            runner.call("load", **files(program, folder))
            inputs, means = write_inputs(folder), []
            for _ in range(1 + BATCHES):  # the first one warms up
                runner.call("inputs", **inputs)
                means.append(statistics.mean(runner.call("steps", count=STEPS)["samples_ns"]))
                time.sleep(0.01)
            return statistics.median(means[1:])
        finally:
            runner.close()
