"""Loss and all gradients of tiny sizes (those of the other families: ../fidelity): our gradient graph in our float64 reference
against PyTorch's autograd in float64 through an interpreter of the forward graph. The program is taken from $ASSAY_PROGRAM, or else
from build/."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import torch_operators

ROOT = Path(__file__).resolve().parents[4]
TOLERANCE = 1e-10  # relative, in the 2-norm and in the largest element


@pytest.fixture(scope="session")
def program():
    named = os.environ.get("ASSAY_PROGRAM") or os.environ.get("ASSAY_BINARY")
    found = [Path(named)] if named else sorted(ROOT.glob("build/*/assay"))
    if not found:
        pytest.skip("the program assay is not built: set ASSAY_PROGRAM")
    return found[0]


@pytest.fixture(scope="session", params=["smollm2-135m", "smollm2-360m", "smollm2-1.7b", "smolvla-expert", "unet-mini"])
def folder(request, program, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run([program, "materials", request.param, "--size", "tiny", "-w", "training", "--dir", folder], check=True)
    return folder


def states(folder):
    return [path for path in [folder / "state.safetensors"] if path.exists()]


def reference(program, folder, inputs):
    """Outputs of the gradient graph in float64."""
    out = folder / f"reference-{inputs}.safetensors"
    files = [folder / "weights.safetensors", folder / f"{inputs}.safetensors", *states(folder)]
    subprocess.run([program, "reference", "--graph", folder / "gradient.json", "--out", out, "--scalar", "f64",
                    *(part for file in files for part in ("--bindings", file))], check=True)
    return load_file(out)


def autograd(folder, inputs):
    """Loss and gradients by PyTorch."""
    graph = json.loads((folder / "graph.json").read_text())
    trainable = {v["name"] for v in graph["values"] if v.get("trainable")}
    weights = {name: w.double().requires_grad_(name in trainable) for name, w in load_file(folder / "weights.safetensors").items()}
    given = {name: x for file in [folder / f"{inputs}.safetensors", *states(folder)] for name, x in load_file(file).items()}
    (loss,) = torch_operators.evaluate(graph, weights | given).values()
    loss.backward()
    return {"loss": loss.detach()} | {f"grad.{name}": weights[name].grad for name in trainable}


@pytest.mark.parametrize("inputs", ["inputs-0", "inputs-1"])
def test_loss_and_gradients(program, folder, inputs):
    ours, theirs = reference(program, folder, inputs), autograd(folder, inputs)
    assert ours.keys() == theirs.keys()
    for name, truth in theirs.items():
        assert ours[name].shape == truth.shape and ours[name].dtype == torch.float64
        error = (ours[name] - truth).abs()
        assert error.norm() <= TOLERANCE * truth.norm(), name
        assert error.max() <= TOLERANCE * truth.abs().max(), name
        assert truth.abs().max() > 0, name
