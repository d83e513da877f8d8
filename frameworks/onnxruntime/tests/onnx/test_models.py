"""Exported models, steps and gradients in tiny, pass the standard's check, and ONNX Runtime opens them as they are, without what its
runner rewrites. tests/conformance has what they compute there."""

import shutil

import pytest
from conftest import session


def export(program, model, workload, folder):
    program.run("materials", model, "--size", "tiny", "-w", workload, "--dir", folder)
    weights = folder / "weights.safetensors"  # perhaps a hard link into the cache, which onnx.checker refuses
    shutil.copy(weights, folder / "copy")
    (folder / "copy").replace(weights)


MODELS = ("smollm2-135m", "minilm-l6", "resnet-50", "whisper-tiny", "smolvla-expert", "sd15-unet", "unet-mini")
STEPS = [(model, workload) for model in MODELS for workload in ("inference", "latency", "training")
         if (model, workload) != ("minilm-l6", "training")]


@pytest.mark.parametrize(("model", "workload"), STEPS)
def test_step(program, tmp_path, model, workload):
    export(program, model, workload, tmp_path)
    assert session(tmp_path / "model.onnx").get_outputs()


@pytest.mark.parametrize("model", [model for model, workload in STEPS if workload == "training"])
def test_gradient(program, tmp_path, model):
    export(program, model, "training", tmp_path)
    assert session(tmp_path / "gradient.onnx").get_outputs()
