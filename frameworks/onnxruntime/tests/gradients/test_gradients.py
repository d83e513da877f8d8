"""Gradient graphs in ONNX Runtime against our float64 reference: every case of the finite differences, unoptimised and optimised, and
the llama family's tiny sizes. The program is taken from $ASSAY_PROGRAM, or else from build/."""

import os
import subprocess
from pathlib import Path

import numpy
import onnxruntime
import pytest
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[4]
TOLERANCE = 2e-5  # of a case: largest error over the largest element, some tens of float32 roundings
# Forward nodes that ONNX Runtime does not run.
UNSUPPORTED = {
    "Attention_short_added_mask": "a mask shorter than the keys",
    "Attention_short_boolean_mask_causal": "a mask shorter than the keys",
}
LEVELS = [onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL]


def _program():
    named = os.environ.get("ASSAY_PROGRAM") or os.environ.get("ASSAY_BINARY")
    found = [Path(named)] if named else sorted(ROOT.glob("build/*/assay"))
    return found[0] if found else None


@pytest.fixture(scope="session")
def program():
    if _program() is None:
        pytest.skip("the program assay is not built: set ASSAY_PROGRAM")
    return _program()


@pytest.fixture(scope="session")
def cases(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([program.parent / "tests/gradients/gradient_cases", folder], check=True)
    return sorted(folder.iterdir())


def run(model, inputs, level=LEVELS[-1]):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs), strict=True))


@pytest.mark.parametrize("level", LEVELS, ids=["unoptimised", "optimised"])
def test_cases(cases, level):
    wrong, refused = {}, set()
    for case in cases:
        try:
            outputs = run(case / "gradient.onnx", {}, level)
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
            refused.add(case.name)
            continue
        truth = load_file(case / "truth.safetensors")
        assert outputs.keys() == truth.keys()
        for name, y in truth.items():
            error = numpy.abs(outputs[name] - y).max() / max(numpy.abs(y).max(), 1e-3)
            if outputs[name].shape != y.shape or not error <= TOLERANCE:
                wrong[case.name, name] = error
    assert not wrong
    assert refused == UNSUPPORTED.keys()
    assert len(cases) > 200


@pytest.mark.parametrize("inputs", ["inputs-0", "inputs-1"])
@pytest.mark.parametrize("model", ["smollm2-135m", "smollm2-360m", "smollm2-1.7b"])
def test_llama(program, tmp_path, model, inputs):
    subprocess.run([program, "export", model, "--size", "tiny", "-w", "training", "--dir", tmp_path], check=True)
    weights, arguments = tmp_path / "weights.safetensors", tmp_path / f"{inputs}.safetensors"

    def reference(scalar):
        out = tmp_path / f"{scalar}.safetensors"
        subprocess.run([program, "reference", "--graph", tmp_path / "gradient.json", "--bindings", weights, "--bindings", arguments,
                        "--out", out, "--scalar", scalar], check=True)
        return load_file(out)

    truth, rounded = reference("f64"), reference("f32")
    outputs = run(tmp_path / "gradient.onnx", load_file(arguments))
    assert outputs.keys() == truth.keys()
    for name, y in truth.items():
        unavoidable = numpy.linalg.norm(rounded[name] - y)
        assert numpy.linalg.norm(outputs[name] - y) <= 10 * unavoidable + 1e-6 * numpy.linalg.norm(y), name
