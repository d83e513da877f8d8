"""What the Burn runner says of itself and refuses, and what no graph of the conformance suite shows."""

from pathlib import Path

import numpy
from drive import exported, with_operator


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "Burn" and description["training"] is True
    lock = (Path(__file__).resolve().parents[1] / "Cargo.lock").read_text()
    assert f'name = "burn-flex"\nversion = "{description["version"]}"' in lock


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    changed = with_operator(folder, "Swish", "NoOperator")
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == changed


def test_a_kept_past_forgets_the_step_before(client, tmp_path):
    folder = exported(tmp_path, "latency")
    alone, after_others = client(), client()
    for runner in (alone, after_others):
        assert "result" in runner.load(folder)
    first, last = alone.run(folder, 0), after_others.run(folder, 1, 1, 0)
    assert first.keys() == last.keys()
    for name in first:
        numpy.testing.assert_array_equal(first[name], last[name], err_msg=name)
    other = after_others.run(folder, 1)
    assert not numpy.array_equal(other["logits"], first["logits"])


def test_the_pool_has_the_threads_that_are_given(client, tmp_path):
    folder = exported(tmp_path, "training")
    for threads in (1, 2):
        runner = client()
        assert runner.load(folder, gradients=True, threads=threads)["result"]["threads"] == threads
        runner.run(folder, 0)
        assert len(list(Path(f"/proc/{runner._process.pid}/task").iterdir())) == threads
        error = runner.load(folder, gradients=True, threads=threads + 1)["error"]
        assert error["outcome"] == "failed" and "pool" in error["message"]
