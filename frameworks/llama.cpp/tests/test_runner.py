"""The llama.cpp runner on checkpoints with numbers of their own, its cache, and what it refuses; tests/conformance has the catalogue's models."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import onnx.reference
import pytest
from drive import PROGRAM, exported, with_operator
from safetensors.numpy import load_file, save_file

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "tests/e2e")]

from checkpoints import llama  # noqa: E402


def gguf(folder, model="smollm2-135m", size="tiny"):
    path = folder / "model.gguf"
    workload = json.loads((folder / "graph.json").read_text())["name"].split("/")[-1]
    subprocess.run([PROGRAM, "graph", model, "--size", size, "-w", workload, "--gguf", path], check=True, capture_output=True)
    return str(path)


def expected(folder, input_set):
    feeds = load_file(folder / f"inputs-{input_set}.safetensors")
    if (folder / "state.safetensors").exists():
        feeds |= load_file(folder / "state.safetensors")
    evaluator = onnx.reference.ReferenceEvaluator(str(folder / "model.onnx"))
    return dict(zip(evaluator.output_names, evaluator.run(None, feeds)))


@pytest.mark.parametrize("workload", ["inference", "latency"])
@pytest.mark.parametrize("numbers", [{"head_dim": 6}, {"rope_theta": 5.0}, {"rope_theta": 40.0}], ids=str)
def test_a_models_own_head_size_and_theta(client, tmp_path, workload, numbers):
    """Heads that are not width / heads large, and a base so small that even the slowest pair makes whole turns."""
    model = llama(tmp_path / "m", **numbers)
    folder = exported(tmp_path / workload, workload, str(model), size="full")
    runner = client()
    path = gguf(folder, str(model), size="full")
    assert "result" in runner.load(folder, gguf=path)
    got, wanted = runner.run(folder, 0), expected(folder, 0)
    for name, tensor in wanted.items():
        error = numpy.linalg.norm(got[name] - tensor) / numpy.linalg.norm(tensor)
        assert error < 1e-5, f"{name}: {error}"


def test_the_state_decides_what_the_cache_holds(client, tmp_path):
    folder = exported(tmp_path, "latency")
    runner, path = client(), gguf(folder)
    runner.load(folder, gguf=path)
    before = runner.run(folder, 0)["logits"]
    state = load_file(folder / "state.safetensors")
    state["layers.1.past_value"] = state["layers.1.past_value"] + numpy.float32(1)
    save_file(state, folder / "state.safetensors")
    runner.load(folder, gguf=path)
    changed = runner.run(folder, 0)["logits"]
    assert numpy.abs(changed - before).max() > 1e-2
    numpy.testing.assert_allclose(changed, expected(folder, 0)["logits"], atol=1e-4)


def test_only_its_variant_in_float32_on_the_cpu(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, precision="bf16")["error"]["reason"] == "precision"
    assert runner.load(folder, device="cuda")["error"]["reason"] == "device"
    error = runner.load(folder, variant="other")["error"]
    assert error["outcome"] == "failed" and error["message"] == "unknown variant 'other', expected default"


def test_a_model_of_another_family_is_refused_before_anything_is_loaded(client, tmp_path):
    folder = exported(tmp_path, "inference")
    foreign = with_operator(folder, "Swish", "Relu")
    error = client().load(folder)["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator")
    assert [node["node"] for node in error["nodes"]] == foreign
