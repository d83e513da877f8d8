"""The runner: gradients, memory, compiled steps, what it refuses; tests/conformance has what it computes."""

import numpy
import pytest
import torch
from assay_runner import Unsupported, aligned_empty
from graphs import Maker, attention_block, classifier, convolutions
from pytorch_runner import PyTorchRunner


def inputs_for(graph, seed):
    random = numpy.random.default_rng(seed)
    draw = {"F32": lambda shape: random.standard_normal(shape).astype(numpy.float32), "I64": lambda shape: random.integers(0, 5, shape)}
    return {value.name: draw[value.dtype](value.shape) for value in graph.with_role("input")}


def started(make, graph, **more):
    runner = PyTorchRunner()
    runner.load(make.request(graph, **more))
    return runner


def step(runner, inputs):
    """With memory of its own, as the SDK gives it."""
    fresh = {name: aligned_empty(array.shape, array.dtype) for name, array in inputs.items()}
    for name, array in inputs.items():
        fresh[name][...] = array
    runner.step(runner.prepare(fresh))


@pytest.mark.parametrize("variant", ["eager", "compile"])
def test_gradients_are_those_of_finite_differences(variant, tmp_path):
    make, graph = classifier()
    runner = started(make, graph, gradients=True, variant=variant, cache=tmp_path)
    step(runner, inputs_for(graph, 2))
    step(runner, inputs_for(graph, 1))
    outputs = runner.outputs()
    assert set(outputs) == {"loss", "grad.square", "grad.unused"}
    numpy.testing.assert_array_equal(outputs["grad.unused"], numpy.zeros(3, numpy.float32))
    inputs = inputs_for(graph, 1)

    def loss(square):
        h = inputs["x"].astype(float) @ square.T * make.arrays["frozen"]
        scores = h / (1 + numpy.exp(-h)) @ square.T
        log_sum = numpy.log(numpy.exp(scores).sum(1))
        return (log_sum - scores[numpy.arange(5), inputs["labels"]]).mean()

    square = make.arrays["square"].astype(float)
    numpy.testing.assert_allclose(outputs["loss"], loss(square), rtol=1e-5)
    for at in numpy.ndindex(square.shape):
        shift = numpy.zeros_like(square)
        shift[at] = 1e-6
        slope = (loss(square + shift) - loss(square - shift)) / 2e-6
        numpy.testing.assert_allclose(outputs["grad.square"][at], slope, rtol=1e-3, atol=1e-4)


def test_gradients_are_fresh_each_step():
    make, graph = classifier()
    runner = started(make, graph, gradients=True)
    step(runner, inputs_for(graph, 1))
    once = runner.outputs()["grad.square"].copy()
    step(runner, inputs_for(graph, 1))
    numpy.testing.assert_array_equal(runner.outputs()["grad.square"], once)


def test_all_that_cannot_be_done_is_listed():
    make = Maker()
    x = make.input("x", (2, 3))
    a = make.node("first", "Frobnicate", [x], (2, 3))
    b = make.node("fine", "Relu", [a], (2, 3))
    graph = make.graph(make.node("second", "Softmax", [b], (2, 3), axis=-1, wobble=1))
    with pytest.raises(Unsupported) as caught:
        started(make, graph)
    assert caught.value.reason == "operator"
    assert [(fault.node, fault.op) for fault in caught.value.nodes] == [("first", "Frobnicate"), ("second", "Softmax")]
    assert "wobble" in caught.value.nodes[1].message


def test_graphs_of_cuda_are_not_here():
    make, graph = attention_block()
    with pytest.raises(Unsupported) as caught:
        started(make, graph, variant="cudagraphs")
    assert caught.value.reason == "device"


def test_a_missing_compiler_is_said(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    make, graph = attention_block()
    with pytest.raises(Unsupported, match="no-such-compiler"):
        started(make, graph, variant="compile")


def test_weights_that_are_missing_or_misshapen_are_named():
    make, graph = attention_block()
    make.arrays["q.weight"] = make.arrays["q.weight"][1:]
    with pytest.raises(ValueError, match="q.weight"):
        started(make, graph)
    del make.arrays["q.weight"]
    with pytest.raises(ValueError, match="q.weight"):
        started(make, graph)


def test_float32_stays_float32_and_the_threads_are_those_asked_for():
    make, graph = attention_block()
    runner = PyTorchRunner()
    assert runner.load(make.request(graph, threads=2)).threads == 2 == torch.get_num_threads()
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cuda.matmul.allow_tf32 and not torch.backends.cudnn.allow_tf32


def test_a_compiled_model_that_is_compiled_again_fails(tmp_path):
    make, graph = attention_block()
    runner = started(make, graph, variant="compile", cache=tmp_path)
    step(runner, inputs_for(graph, 1))
    with pytest.raises(Exception, match="[Rr]ecompil"):
        step(runner, {"x": inputs_for(graph, 1)["x"].astype(float)})


@pytest.mark.parametrize("gradients", [False, True])
def test_a_compiled_model_takes_inputs_wherever_they_lie(gradients, tmp_path):
    """Each set has other memory; one that a step still holds is not read again. Compiled again it would fail."""
    make, graph = convolutions()
    runner = started(make, graph, gradients=gradients, variant="compile", cache=tmp_path)
    losses = {}
    for seed in (1, 2, 3, 1, 2, 3):
        for place in (0, 4):  # aligned as the SDK does it, and not at all
            memory = aligned_empty(2 * 3 * 9 * 8 + place, numpy.float32)[place:].reshape(2, 3, 9, 8)
            memory[...] = inputs_for(graph, seed)["x"]
            runner.step(runner.prepare({"x": memory}))
            loss = float(runner.outputs()["loss"])
            assert losses.setdefault(seed, loss) == pytest.approx(loss, rel=1e-6)
    assert len(set(losses.values())) == 3


def test_inputs_are_used_where_they_lie():
    make, graph = attention_block()
    runner, inputs = started(make, graph), inputs_for(graph, 1)
    (tensor,) = runner.prepare(inputs)
    assert tensor.data_ptr() == inputs["x"].ctypes.data


def test_outputs_are_written_from_where_they_lie():
    make, graph = attention_block()
    runner = started(make, graph)
    step(runner, inputs_for(graph, 1))
    assert runner.outputs()["y"].ctypes.data == runner.outputs()["y"].ctypes.data


@pytest.mark.parametrize("variant", ["eager", "compile"])
def test_convolutions_over_images_have_their_channels_last(variant, tmp_path):
    make, graph = convolutions()
    runner = started(make, graph, gradients=True, variant=variant, cache=tmp_path)
    assert [parameter.is_contiguous(memory_format=torch.channels_last) for parameter in runner._parameters if parameter.dim() == 4] == [True] * 2
    step(runner, inputs_for(graph, 2))
    step(runner, inputs_for(graph, 1))
    weights = {name: torch.tensor(array).double().requires_grad_() for name, array in make.arrays.items()}
    hidden = torch.relu(torch.conv2d(torch.tensor(inputs_for(graph, 1)["x"]).double(), weights["first"], weights["bias"], padding=1))
    loss = torch.conv2d(hidden, weights["second"]).mean()
    expected = dict(zip(weights, torch.autograd.grad(loss, weights.values())))
    outputs = runner.outputs()
    numpy.testing.assert_allclose(outputs["loss"], loss.item(), rtol=1e-5)
    for name, gradient in expected.items():
        assert outputs["grad." + name].flags.c_contiguous
        numpy.testing.assert_allclose(outputs["grad." + name], gradient.numpy(), rtol=1e-4, atol=1e-6)


def test_description():
    description = PyTorchRunner().describe()
    assert description.version == torch.__version__ and description.training
    assert description.devices[0]["name"] == "cpu"
    assert {"Linear", "Attention", "RotaryEmbedding", "Conv"} <= set(description.operators)
    assert all(isinstance(text, str) and text for text in description.details.values())
