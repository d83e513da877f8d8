"""Exported models give in ONNX Runtime what the float64 truth says: steps and gradients, both input sets, in tiny."""

import shutil

import numpy
import pytest
from conftest import session
from safetensors.numpy import load_file

LIMIT = 1e-5  # relative, of whole tensors; float32 rounding on these small models is around 1e-6


def export(program, model, workload, folder):
    program.run("export", model, "--size", "tiny", "-w", workload, "--dir", folder)
    weights = folder / "weights.safetensors"  # perhaps a hard link into the cache, which onnx.checker refuses
    shutil.copy(weights, folder / "copy")
    (folder / "copy").replace(weights)


def truth(program, folder, graph, files):
    out = folder / "truth.safetensors"
    bindings = [argument for file in files for argument in ("--bindings", file)]
    program.run("reference", "--graph", folder / f"{graph}.json", *bindings, "--out", out)
    return load_file(out)


def compare(program, folder, graph, onnx_file):
    model = session(folder / onnx_file)
    names = [output.name for output in model.get_outputs()]
    state = [path for path in [folder / "state.safetensors"] if path.exists()]
    for inputs in (folder / "inputs-0.safetensors", folder / "inputs-1.safetensors"):
        feeds = {name: array for file in [inputs, *state] for name, array in load_file(file).items()}
        expected = truth(program, folder, graph, [folder / "weights.safetensors", inputs, *state])
        assert sorted(names) == sorted(expected)
        for name, got in zip(names, model.run(names, feeds), strict=True):
            wanted = expected[name]
            assert got.shape == wanted.shape, name
            assert numpy.linalg.norm(got - wanted) <= LIMIT * numpy.linalg.norm(wanted), name


MODELS = ("smollm2-135m", "minilm-l6", "resnet-50", "whisper-tiny", "smolvla-expert", "sd15-unet", "unet-mini")
STEPS = [(model, workload) for model in MODELS for workload in ("inference", "latency", "training")
         if (model, workload) != ("minilm-l6", "training")]


@pytest.mark.parametrize(("model", "workload"), STEPS)
def test_step(program, tmp_path, model, workload):
    export(program, model, workload, tmp_path)
    compare(program, tmp_path, "graph", "model.onnx")


@pytest.mark.parametrize("model", [model for model, workload in STEPS if workload == "training"])
def test_gradient(program, tmp_path, model):
    export(program, model, "training", tmp_path)
    compare(program, tmp_path, "gradient", "gradient.onnx")
