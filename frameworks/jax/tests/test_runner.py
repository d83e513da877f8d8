"""The runner: memory, precision, compilation, threads, what it refuses; tests/conformance has what it computes."""

import shutil
import sys
from pathlib import Path

import jax
import numpy
import pytest
from assay_runner import Load, Unsupported, aligned_empty, read_graph
from assay_runner.tensors import map_tensors, read_tensors
from conftest import FRAMEWORK
from drive import Client, with_operator
from jax_graph import build
from jax_runner import JaxRunner


def request(folder, **changes):
    state = folder / "state.safetensors"
    values = dict(graph=read_graph(folder / "graph.json"), weights=map_tensors(folder / "weights.safetensors"),
                  state=map_tensors(state) if state.exists() else {}, gradients=False, variant="jit", device="cpu", precision="f32", threads=2,
                  cache=folder, graph_path=folder / "graph.json", weights_path=folder / "weights.safetensors", onnx_path=None)
    return Load(**(values | changes))


def started(folder, **changes):
    runner = JaxRunner()
    runner.load(request(folder, **changes))
    return runner


def inputs_of(folder, number):
    """In memory of their own, as the SDK gives them."""
    read = read_tensors(folder / f"inputs-{number}.safetensors")
    fresh = {name: aligned_empty(array.shape, array.dtype) for name, array in read.items()}
    for name, array in read.items():
        fresh[name][...] = array
    return fresh


def outputs_of(runner):
    left = runner.outputs()
    return {name: left[name].copy() for name in left}


def test_inputs_are_used_where_they_lie(exported):
    folder = exported("inference")
    inputs = inputs_of(folder, 0)
    (given,) = started(folder).prepare(inputs)
    assert given.unsafe_buffer_pointer() == next(iter(inputs.values())).ctypes.data


def test_weights_are_copies_that_outlive_their_file(exported, tmp_path):
    folder = exported("inference")
    weights = {name: array.copy() for name, array in map_tensors(folder / "weights.safetensors").items()}
    runner = started(folder, weights=weights)
    runner.step(runner.prepare(inputs_of(folder, 0)))
    before = outputs_of(runner)
    for array in weights.values():
        array[...] = 7
    runner.step(runner.prepare(inputs_of(folder, 0)))
    numpy.testing.assert_array_equal(outputs_of(runner)["logits"], before["logits"])


def test_a_kept_past_forgets_the_step_before(exported):
    folder = exported("latency")
    alone, after_others = started(folder), started(folder)
    alone.step(alone.prepare(inputs_of(folder, 0)))
    for number in (1, 1, 0):
        after_others.step(after_others.prepare(inputs_of(folder, number)))
    first, last = outputs_of(alone), outputs_of(after_others)
    assert first.keys() == last.keys()
    for name in first:
        numpy.testing.assert_array_equal(first[name], last[name], err_msg=name)
    after_others.step(after_others.prepare(inputs_of(folder, 1)))
    assert not numpy.array_equal(outputs_of(after_others)["logits"], first["logits"])


@pytest.mark.parametrize("workload", ["inference", "latency", "training"])
def test_steps_compile_once(exported, workload):
    folder = exported(workload)
    runner = started(folder, gradients=workload == "training")
    for number in (0, 1, 0):
        runner.step(runner.prepare(inputs_of(folder, number)))
    assert runner._run._cache_size() == 1


def test_what_was_compiled_is_kept_in_the_cache(exported, tmp_path):
    folder = exported("inference")
    runner = started(folder, cache=tmp_path)
    runner.step(runner.prepare(inputs_of(folder, 0)))
    assert [path for path in (tmp_path / "xla").iterdir() if "forward" in path.name]


def test_products_are_asked_for_in_full_precision(exported):
    folder = exported("training")
    runner = started(folder, gradients=True)
    arguments = (runner._trained, runner._weights, runner._caches, runner.prepare(inputs_of(folder, 0)))
    lines = [line for line in runner._run.lower(*arguments).as_text().splitlines() if "dot_general" in line]
    assert len(lines) > 30 and all("precision = [HIGHEST, HIGHEST]" in line for line in lines)


def test_all_that_cannot_be_done_is_listed(exported, tmp_path):
    shutil.copy(exported("inference") / "graph.json", tmp_path)
    changed = with_operator(tmp_path, "Swish", "NonZero")
    program, faults = build(read_graph(tmp_path / "graph.json"))
    assert program is None and [node.name for node, _ in faults] == changed


@pytest.mark.parametrize("change, reason", [({"precision": "bf16"}, "precision"), ({"device": "xpu"}, "device")])
def test_refuses_what_it_does_not_have(exported, change, reason):
    with pytest.raises(Unsupported) as caught:
        started(exported("inference"), **change)
    assert caught.value.reason == reason


@pytest.mark.parametrize("threads", [1, 2])
def test_the_pool_has_the_threads_that_are_given(exported, threads):
    """Of a process of its own, since a pool stays as it is: those that compute a step are as many as were given, whatever others XLA keeps for
    compiling and waiting."""
    folder = exported("training")
    runner = Client([sys.executable, FRAMEWORK / "runner.py"])
    try:
        assert runner.load(folder, gradients=True, variant="jit", threads=threads)["result"]["threads"] == threads
        runner.run(folder, 0)
        names = [(task / "comm").read_text().strip() for task in Path(f"/proc/{runner._process.pid}/task").iterdir()]
        assert sum(name.startswith("tf_XLAEigen") for name in names) == threads, names
        error = runner.load(folder, gradients=True, variant="jit", threads=threads + 1)["error"]
        assert error["outcome"] == "failed" and "pool" in error["message"]
    finally:
        runner.close()


def test_describes_itself():
    description = JaxRunner().describe()
    assert (description.framework, description.version, description.training) == ("JAX", jax.__version__, True)
    assert [device["name"] for device in description.devices][0] == "cpu"
    assert f"jax=={description.version}" in (FRAMEWORK / "requirements.lock").read_text()
