"""What the Candle runner says of itself and refuses, and how many threads it has; tests/conformance has what it computes, faults.rs what
is wrong in Candle."""

from drive import exported, with_operator


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "Candle" and description["training"] is True and description["version"].startswith("0.")
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    changed = with_operator(folder, "Swish", "Frobnicate")
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == changed


def test_threads_are_those_of_the_first_load(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, threads=2)["result"]["threads"] == 2
    runner.run(folder, 0)
    assert "has 2 threads" in runner.load(folder, threads=1)["error"]["message"]
    assert "result" in runner.load(folder, threads=2)
