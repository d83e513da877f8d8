"""What the OpenVINO runner says of itself and refuses, how many threads it has, and that steps leave nothing behind; tests/conformance has
what it computes."""

import json
import os
from pathlib import Path

import numpy
import pytest
from drive import exported


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "OpenVINO" and description["training"] is False
    lock = (Path(__file__).resolve().parents[1] / "requirements.lock").read_text()
    assert f"openvino=={description['version'].split('-')[0]} " in lock
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    graph = json.loads((folder / "graph.json").read_text())
    changed = [node for node in graph["nodes"] if node["op"] == "Attention"]
    for node in changed:
        node["attributes"]["softmax_precision"] = 10
    (folder / "graph.json").write_text(json.dumps(graph))
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == [node["name"] for node in changed]


def test_gradients_are_not_there(client, tmp_path):
    error = client().load(exported(tmp_path, "training"), gradients=True)["error"]
    assert error["reason"] == "operator" and "gradient-graph" in error["message"]


def test_only_float32_on_the_cpu(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, precision="bf16")["error"]["reason"] == "precision"
    assert runner.load(folder, device="cuda")["error"]["reason"] == "device"
    error = runner.load(folder, variant="other")["error"]
    assert error["outcome"] == "failed" and "unknown variant" in error["message"]


@pytest.mark.parametrize(("workload", "graph", "variant"), [("latency", "graph.json", "default"), ("training", "gradient.json", "gradient-graph")])
def test_a_step_leaves_nothing_behind(client, tmp_path, workload, graph, variant):
    folder = exported(tmp_path, workload)
    alone, after_others = client(), client()
    for runner in (alone, after_others):
        assert "result" in runner.load(folder, graph, variant=variant)
    first, last = alone.run(folder, 0), after_others.run(folder, 1, 1, 0)
    assert first.keys() == last.keys()
    for name in first:
        numpy.testing.assert_array_equal(first[name], last[name], err_msg=name)
    other = after_others.run(folder, 1)
    assert any(not numpy.array_equal(other[name], first[name]) for name in first)


@pytest.mark.parametrize("threads", [1, 2][: len(os.sched_getaffinity(0))])
def test_so_many_threads_compute(client, tmp_path, threads):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, threads=threads)["result"]["threads"] == threads
    before = runner.ticks()
    runner.run(folder, *[0] * 100)
    after = runner.ticks()
    assert 1 <= sum(time - before.get(thread, 0) > 1 for thread, time in after.items()) <= threads


def test_a_model_takes_the_place_of_another(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    for threads in (1, 2, 1):
        assert runner.load(folder, threads=threads)["result"]["threads"] == min(threads, len(os.sched_getaffinity(0)))
        assert numpy.isfinite(runner.run(folder, 0)["logits"]).all()
