"""One side of the comparison with ONNX Runtime: a plain loop over an ONNX graph, for one workload of SmolLM2.

The graph is the best that its specialists can make (graph_by_hand.py), or, for a training step, the gradient graph as a file with
the weights as arguments: they change from step to step. Reads and answers one JSON object a line, as the other scripts of its kind.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import helper
from onnxruntime import OrtValue
from graph_by_hand import Writer
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench/parity"))
import plain  # noqa: E402


def make_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def bind(session, values, outputs):
    binding = session.io_binding()
    for name, value in values.items():
        binding.bind_ortvalue_input(name, value)
    for name, value in outputs.items():
        binding.bind_ortvalue_output(name, value)
    return binding


def on_host(arrays):
    return {name: OrtValue.ortvalue_from_numpy(array) for name, array in arrays.items()}


def empty(outputs):
    return {output.name: OrtValue.ortvalue_from_shape_and_type(output.shape, numpy.float32) for output in outputs}


class Prefill:
    """The logits of all positions."""

    def __init__(self, arguments, inputs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            Writer(arguments.size, arguments.weights, inputs[0]["input_ids"].shape[1], 0, arguments.joined).write(path)
            self.session = make_session(path, arguments.threads)
        self.left = empty(self.session.get_outputs())
        self.bindings = [bind(self.session, on_host(one), self.left) for one in inputs]

    def step(self, chosen):
        self.session.run_with_iobinding(self.bindings[chosen])

    def outputs(self):
        return {name: value.numpy() for name, value in self.left.items()}


class Decode:
    """One token; the cache has room for it and is written in place."""

    def __init__(self, arguments, inputs):
        state = load_file(arguments.state)
        self.length = next(iter(state.values())).shape[2]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            Writer(arguments.size, arguments.weights, 1, self.length, arguments.joined).write(path)
            self.session = make_session(path, arguments.threads)
        self.caches = {name: numpy.pad(array, ((0, 0), (0, 0), (0, 1), (0, 0))) for name, array in state.items()}
        caches = on_host(self.caches)
        self.left = empty([output for output in self.session.get_outputs() if output.name == "logits"])
        outputs = {**self.left, **{name.replace("past", "present"): value for name, value in caches.items()}}
        self.bindings = [bind(self.session, {**on_host(one), **caches}, outputs) for one in inputs]

    def step(self, chosen):
        self.session.run_with_iobinding(self.bindings[chosen])

    def outputs(self):
        rows = {name.replace("past_", ""): numpy.ascontiguousarray(cache[:, :, self.length]).reshape(1, 1, -1)
                for name, cache in self.caches.items()}
        return {"logits": self.left["logits"].numpy(), **rows}


class Training:
    """Loss and all gradients, by a gradient graph."""

    def __init__(self, arguments, inputs):
        path = Path(arguments.gradient)
        model = onnx.load(path, load_external_data=False)
        known = {value.name for value in model.graph.input}
        for one in model.graph.initializer:
            if one.data_location == onnx.TensorProto.EXTERNAL and one.name not in known:
                model.graph.input.append(helper.make_tensor_value_info(one.name, one.data_type, one.dims))
        changed = path.with_name("plain.onnx")
        onnx.save(model, changed)
        self.session = make_session(changed, arguments.threads)
        weights = on_host(load_file(arguments.weights))
        self.left = empty(self.session.get_outputs())
        self.bindings = [bind(self.session, {**weights, **on_host(one)}, self.left) for one in inputs]

    def step(self, chosen):
        self.session.run_with_iobinding(self.bindings[chosen])

    def outputs(self):
        return {name: value.numpy() for name, value in self.left.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=("inference", "latency", "training"))
    parser.add_argument("--size", choices=("full", "tiny"))
    parser.add_argument("--joined", action="store_true", help="weights that have the same input are one")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--weights")
    parser.add_argument("--state")
    parser.add_argument("--gradient")
    parser.add_argument("--inputs", nargs=2)
    arguments = parser.parse_args()
    kind = {"inference": Prefill, "latency": Decode, "training": Training}[arguments.workload]
    # Inputs are bound once: a step is told which binding.
    plain.serve(lambda: (kind(arguments, [load_file(path) for path in arguments.inputs]), range(len(arguments.inputs))),
                {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__})


if __name__ == "__main__":
    main()
