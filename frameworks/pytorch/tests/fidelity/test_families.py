"""BERT, ResNet, Whisper and the U-Net of Stable Diffusion against transformers, torchvision and diffusers with the same weights."""

import families
import pytest
import torch


@pytest.fixture(scope="module", params=families.MODELS)
def published(request, exported):
    """(model, its exported files by workload, what the public implementation gives, the distance allowed)."""
    package, build, limit = families.MODELS[request.param]
    pytest.importorskip(package, reason=f"{package} is not installed in this Python")
    model = (request.param, "full" if request.config.getoption("--full-families") else "tiny")
    module, call = build(model[1], exported(model, "inference").tensors("weights"))
    return model, module, call, limit


def doubled(tensors):
    return {name: tensor.double() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def distance(x, truth):
    return ((x - truth).norm() / truth.norm()).item()


@pytest.mark.parametrize("input_set", (0, 1))
@pytest.mark.parametrize("workload", ("inference", "latency"))
def test_forward(program, exported, published, workload, input_set):
    model, _, call, limit = published
    files = exported(model, workload)
    if files.path("state.safetensors").exists():
        pytest.skip("a step with a state: test_whisper_decodes")
    ours = program.reference(files, input_set)
    with torch.no_grad():
        theirs = call(doubled(files.tensors(f"inputs-{input_set}")))
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert ours[name].dtype == torch.float64 and ours[name].shape == tensor.shape
        assert distance(tensor, ours[name]) < limit, name


def loss_of(call, inputs):
    outputs = call(inputs)
    if "labels" in inputs:
        scores = outputs["logits"]
        return torch.nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), inputs["labels"])
    return torch.nn.functional.mse_loss(outputs["out_sample"], inputs["noise"])


@pytest.mark.parametrize("input_set", (0, 1))
def test_training(program, exported, published, input_set):
    model, module, call, limit = published
    if model[0] == "minilm-l6":
        pytest.skip("minilm-l6 defines no training")
    files = exported(model, "training")
    inputs = doubled(files.tensors(f"inputs-{input_set}"))
    module.zero_grad()
    loss = loss_of(call, inputs)
    loss.backward()
    ours = program.reference(files, input_set, graph="gradient")
    assert abs(ours.pop("loss").item() - loss.item()) < limit * loss.item()
    parameters = dict(module.named_parameters())
    assert set(ours) <= {"grad." + name for name in parameters}
    for name, gradient in ours.items():
        truth = parameters[name.removeprefix("grad.")].grad
        assert truth.abs().max() > 0, f"the loss does not depend on {name}"
        assert distance(truth, gradient) < 100 * limit, name
        assert gradient.abs()[gradient != 0].min() > torch.finfo(torch.float32).tiny, f"denormal in {name}"


@pytest.mark.parametrize("input_set", (0, 1))
def test_whisper_decodes(program, exported, published, input_set):
    """One token after the prompt: the last row of the public implementation over all five."""
    model, _, call, limit = published
    if model[0] != "whisper-tiny":
        pytest.skip("only Whisper decodes")
    files, prompt = exported(model, "latency"), exported(model, "inference").tensors("inputs-0")
    ids = torch.cat([prompt["input_ids"], files.tensors(f"inputs-{input_set}")["input_ids"]], 1)
    with torch.no_grad():
        theirs = call({"input_features": prompt["input_features"].double(), "input_ids": ids})["logits"][:, -1:]
    # The given keys and values are rounded to float32.
    assert distance(theirs, program.reference(files, input_set)["logits"]) < 1e-6
