"""Every model type of the family `decoder` against transformers, in float64: prefill, decoding behind a cache, loss and gradients, at
lengths that cross windows and original context sizes."""

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import decoders  # noqa: E402
from program import Exported  # noqa: E402
from transformers import DynamicCache  # noqa: E402

EXACT = 1e-12
# As it is transformers computes norms, softmax and angles in float32.
AS_IT_IS = 1e-4
PAST = 128


def distance(x, truth):
    assert x.shape == truth.shape
    return ((x.double() - truth).norm() / truth.norm()).item()


@pytest.fixture(scope="module", params=decoders.MODELS)
def saved(request, tmp_path_factory):
    """(name, the folder of its checkpoint)"""
    folder = tmp_path_factory.mktemp(request.param) / "checkpoint"
    decoders.make(request.param).save_pretrained(folder)
    return request.param, folder


@pytest.fixture(scope="module")
def files(program, saved, tmp_path_factory):
    done = {}

    def get(workload):
        if workload not in done:
            out = tmp_path_factory.mktemp(workload)
            program.run("materials", saved[1], "-w", workload, "--dir", out)
            done[workload] = Exported(out)
        return done[workload]

    return get


@pytest.fixture
def exact(saved):
    return decoders.exact(saved[0])


def prefill(model, ids):
    with torch.no_grad():
        return model(ids, use_cache=False).logits


@pytest.mark.parametrize("input_set", [pytest.param(0, marks=pytest.mark.full), 1])
def test_inference(program, files, exact, input_set):
    ids = files("inference").tensors(f"inputs-{input_set}")["input_ids"]
    ours = program.reference(files("inference"), input_set)["logits"]
    assert distance(prefill(exact, ids), ours) < EXACT


def test_inference_as_transformers_rounds_it(program, files, saved):
    ids = files("inference").tensors("inputs-1")["input_ids"]
    ours = program.reference(files("inference"), 1)["logits"]
    assert distance(prefill(decoders.make(saved[0]).double(), ids), ours) < AS_IT_IS


@pytest.mark.parametrize("input_set", [pytest.param(0, marks=pytest.mark.full), 1])
def test_latency(program, files, exact, input_set):
    """One token behind the states, which have the form of transformers' own cache; and what it should give, the last row of a prefill."""
    ours, state = program.reference(files("latency"), input_set), files("latency").tensors("state")
    cache = DynamicCache(config=exact.config)
    with torch.no_grad():
        exact(torch.arange(PAST)[None], past_key_values=cache, use_cache=True)
    for i, layer in enumerate(cache.layers):
        for part in ("keys", "values"):
            given = state[f"layers.{i}.past_{part[:-1]}"].double()
            assert given.shape == getattr(layer, part).shape
            setattr(layer, part, given)
    ids = files("latency").tensors(f"inputs-{input_set}")["input_ids"]
    with torch.no_grad():
        logits = exact(ids, past_key_values=cache, position_ids=torch.tensor([[PAST]]), use_cache=True).logits
    assert distance(logits, ours["logits"]) < EXACT
    assert len(ours) == 1 + 2 * len(cache.layers)
    for i, layer in enumerate(cache.layers):
        assert distance(layer.keys[:, :, -1].reshape(1, 1, -1), ours[f"layers.{i}.key"]) < EXACT
        assert distance(layer.values[:, :, -1].reshape(1, 1, -1), ours[f"layers.{i}.value"]) < EXACT
    whole = prefill(exact, torch.cat([torch.arange(PAST)[None], ids], dim=1))[:, -1:]
    assert distance(logits, whole) < 1e-5  # states are float32


@pytest.mark.parametrize("input_set", [pytest.param(0, marks=pytest.mark.full), 1])
def test_training(program, files, exact, input_set):
    inputs = files("training").tensors(f"inputs-{input_set}")
    ours = program.reference(files("training"), input_set, graph="gradient")
    loss = torch.nn.functional.cross_entropy(exact(inputs["input_ids"], use_cache=False).logits[0], inputs["labels"])
    loss.backward()
    assert abs(ours["loss"].item() - loss.item()) < EXACT * loss.item()
    gradients = {name: parameter.grad for name, parameter in exact.named_parameters()}
    assert {"grad." + name for name in gradients} | {"loss"} == set(ours)
    largest = max(gradient.norm().item() for gradient in gradients.values())
    for name, gradient in gradients.items():
        assert gradient.abs().max() > 0, f"the loss does not depend on {name}"
        # Of a bias of keys alone, which softmax takes out again, the gradient is rounding.
        assert (gradient - ours["grad." + name]).norm() < 10 * EXACT * max(gradient.norm().item(), 1e-3 * largest), name
