"""The llama family against transformers: logits, decoding, loss and gradients, and the properties of its weights."""

import math

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import smollm2  # noqa: E402
from transformers import DynamicCache  # noqa: E402

SETS = (0, 1)
# What transformers computes in float32 (norms, angles) costs this much, and nothing once that is taken out.
AS_IT_IS, EXACT = 2e-5, 1e-12


def distance(x, truth):
    return ((x.double() - truth).norm() / truth.norm()).item()


def prefill(llama, ids):
    with torch.no_grad():
        return llama(ids).logits


@pytest.mark.parametrize("input_set", SETS)
def test_inference(program, exported, model, input_set):
    files = exported(model, "inference")
    ids = files.tensors(f"inputs-{input_set}")["input_ids"]
    ours = program.reference(files, input_set)["logits"]
    assert ours.dtype == torch.float64
    llama = smollm2.load(model, files.tensors("weights"), torch.float64)
    assert distance(prefill(llama, ids), ours) < AS_IT_IS
    assert distance(prefill(smollm2.make_exact(llama, files.graph()), ids), ours) < EXACT
    single = program.reference(files, input_set, "f32")["logits"]
    assert single.dtype == torch.float32
    assert 1e-9 < distance(single, ours) < 5e-6
    assert distance(prefill(smollm2.load(model, files.tensors("weights"), torch.float32), ids), ours) < AS_IT_IS


def test_state_is_the_prefills_cache(exported, model):
    files = exported(model, "latency")
    state = files.tensors("state")
    prefill_files = exported(model, "inference")
    llama = smollm2.make_exact(smollm2.load(model, files.tensors("weights"), torch.float64), prefill_files.graph())
    with torch.no_grad():
        cache = llama(prefill_files.tensors("inputs-0")["input_ids"], use_cache=True).past_key_values
    assert len(state) == 2 * len(cache.layers)
    for i, layer in enumerate(cache.layers):
        assert distance(state[f"layers.{i}.past_key"], layer.keys) < 1e-7  # the state is rounded to float32
        assert distance(state[f"layers.{i}.past_value"], layer.values) < 1e-7


@pytest.mark.parametrize("input_set", SETS)
def test_latency(program, exported, model, input_set):
    files = exported(model, "latency")
    ours = program.reference(files, input_set)
    llama = smollm2.make_exact(smollm2.load(model, files.tensors("weights"), torch.float64), files.graph())
    cache, state = DynamicCache(), files.tensors("state")
    for i in range(llama.config.num_hidden_layers):
        cache.update(state[f"layers.{i}.past_key"].double(), state[f"layers.{i}.past_value"].double(), i)
    ids = files.tensors(f"inputs-{input_set}")["input_ids"]
    with torch.no_grad():
        answer = llama(ids, past_key_values=cache, position_ids=torch.tensor([[128]]), use_cache=True)
    assert distance(answer.logits, ours["logits"]) < EXACT
    assert len(ours) == 1 + 2 * len(cache.layers)
    for i, layer in enumerate(answer.past_key_values.layers):
        assert layer.keys.shape[2] == 129
        assert distance(layer.keys[:, :, -1].reshape(1, 1, -1), ours[f"layers.{i}.key"]) < EXACT
        assert distance(layer.values[:, :, -1].reshape(1, 1, -1), ours[f"layers.{i}.value"]) < EXACT


@pytest.mark.parametrize("input_set", SETS)
def test_training(program, exported, model, input_set):
    files = exported(model, "training")
    inputs = files.tensors(f"inputs-{input_set}")
    ours = program.reference(files, input_set, graph="gradient")
    llama = smollm2.make_exact(smollm2.load(model, files.tensors("weights"), torch.float64), files.graph())
    logits = llama(inputs["input_ids"]).logits
    loss = torch.nn.functional.cross_entropy(logits[0], inputs["labels"])
    loss.backward()
    assert abs(ours["loss"].item() - loss.item()) < EXACT * loss.item()
    gradients = {name: parameter.grad for name, parameter in llama.named_parameters()}
    assert {"grad." + name for name in gradients} | {"loss"} == set(ours)
    for name, gradient in gradients.items():
        assert gradient.abs().max() > 0, f"the loss does not depend on {name}"
        assert distance(gradient, ours["grad." + name]) < 10 * EXACT, name


@pytest.mark.parametrize("input_set", SETS)
def test_generated_weights_are_a_fair_problem(program, exported, model, input_set):
    """A loss near that of guessing, logits of about unit size, nothing denormal."""
    files = exported(model, "training")
    vocabulary = smollm2.SIZES[model][6]
    loss = program.reference(files, input_set)["loss"].item()
    assert math.log(vocabulary) / 3 < loss < math.log(vocabulary) * 3
    logits = program.reference(exported(model, "inference"), input_set)["logits"]
    assert 0.3 < logits.std().item() < 3
    smallest = torch.finfo(torch.float32).tiny
    tensors = {"logits": logits, **files.tensors("weights"), **program.reference(files, input_set, graph="gradient")}
    for name, tensor in tensors.items():
        denormal = ((tensor != 0) & (tensor.abs() < smallest)).sum().item()
        assert denormal == 0, f"{denormal} denormals in {name}"
