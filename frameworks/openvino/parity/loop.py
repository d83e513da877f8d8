"""One side of the comparison with OpenVINO: a plain loop over the ONNX file of a workload of SmolLM2, as OpenVINO's own frontend reads it,
with the settings that the runner has. Past keys and values are arguments that stay. Reads and answers one JSON object a line, as the other
scripts of its kind.
"""

import argparse
import sys
from pathlib import Path

import openvino
from openvino import properties
from openvino.properties import hint
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench/parity"))
import plain  # noqa: E402


def settings(threads):
    return {
        hint.performance_mode: hint.PerformanceMode.LATENCY, hint.execution_mode: hint.ExecutionMode.ACCURACY,
        hint.inference_precision: openvino.Type.f32, hint.kv_cache_precision: openvino.Type.f32, hint.dynamic_quantization_group_size: 0,
        properties.num_streams: 1, properties.inference_num_threads: threads, hint.enable_hyper_threading: True,
    }


def wrapped(path):
    return {name: openvino.Tensor(array, shared_memory=True) for name, array in load_file(path).items()}


class Loop:
    def __init__(self, arguments):
        model = openvino.Core().read_model(arguments.onnx)
        self.request = openvino.Core().compile_model(model, "CPU", settings(arguments.threads)).create_infer_request()
        self.names = [output.get_any_name() for output in model.outputs]
        self.past = wrapped(arguments.state) if arguments.state else {}  # a request keeps no array of NumPy alive
        for name, tensor in self.past.items():
            self.request.set_tensor(name, tensor)

    def step(self, inputs):
        for name, tensor in inputs.items():
            self.request.set_tensor(name, tensor)
        self.request.infer()

    def outputs(self):
        return {name: self.request.get_tensor(name).data for name in self.names}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--onnx")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--state")
    parser.add_argument("--inputs", nargs=2)
    arguments = parser.parse_args()
    plain.serve(lambda: (Loop(arguments), [wrapped(path) for path in arguments.inputs]), {"openvino": openvino.get_version()})


if __name__ == "__main__":
    main()
