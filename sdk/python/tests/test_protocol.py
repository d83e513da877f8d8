"""The protocol over real pipes, against a fake framework."""

from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file


def test_what_a_framework_prints_does_not_reach_the_protocol(client):
    runner = client()
    description = runner.ask("describe")["result"]
    assert description["framework"] == "fake"
    assert description["operators"] == ["Mul", "ReduceSum"]
    status, output, errors = runner.finish()
    assert (status, output) == (0, b"")
    for printed in ("a library prints", "a C library", "a child process", "stdin at end: True"):
        assert printed in errors


def test_a_whole_session(client, load_params, input_params, tmp_path):
    runner = client()
    runner.ask("describe")
    assert runner.ask("load", load_params)["result"] == {"precision": "f32", "threads": 2, "notes": "notes"}
    params = input_params(1, 2, 3, 4)
    assert runner.ask("inputs", params)["result"] == {}
    Path(params["path"]).unlink()
    for count, last in ((1, 0), (2, 2)):  # the fourth is never run
        samples = runner.ask("steps", {"count": count})["result"]["samples_ns"]
        assert len(samples) == count and all(isinstance(sample, int) and sample > 0 for sample in samples)
        for name in ("out", "again"):  # the same tensors are written to another path
            path = str(tmp_path / name)
            assert runner.ask("outputs", {"path": path})["result"] == {"set": last}
            written = load_file(path)
            assert written["loss"] == 12.0 * (last + 1) and written["loss"].shape == ()
            numpy.testing.assert_array_equal(written["grad.w"], numpy.full(3, 2.0 * (last + 1), numpy.float32))
    runner.ask("inputs", input_params(9))
    runner.ask("steps", {"count": 1})
    assert runner.ask("outputs", {"path": str(tmp_path / "new")})["result"] == {"set": 0}
    assert load_file(tmp_path / "new")["loss"] == 108.0, "the set that was left over is not run"
    assert runner.ask("close")["result"] == {}
    assert runner.finish()[0] == 0


def test_no_step_without_inputs_of_its_own(client, load_params, input_params, tmp_path):
    runner = client()
    assert "inputs before a load" in runner.ask("inputs", input_params(1))["error"]["message"]
    runner.ask("load", load_params)
    assert "inputs of 0 are left" in runner.ask("steps", {"count": 1})["error"]["message"]
    runner.ask("inputs", input_params(1, 2))
    assert "inputs of 2 are left" in runner.ask("steps", {"count": 3})["error"]["message"]
    assert "result" in runner.ask("steps", {"count": 2})
    assert "inputs of 0 are left" in runner.ask("steps", {"count": 1})["error"]["message"]
    runner.ask("inputs", input_params(1))
    runner.ask("load", load_params)
    assert "inputs of 0 are left" in runner.ask("steps", {"count": 1})["error"]["message"], "a load forgets them"
    assert "before a step" in runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]["message"]


def test_inputs_that_are_not_the_graphs_are_named(client, load_params, input_params):
    runner = client()
    runner.ask("load", load_params)
    params = input_params(1, 2)
    for wrong in ({**params, "sets": 3}, {**params, "sets": 1}):
        assert "tensor 'x' is {'dtype': 'F32', 'shape': [2, 2, 3]}" in runner.ask("inputs", wrong)["error"]["message"]
    for sets in (0, -1, None, "2", True):
        assert "sets must be" in runner.ask("inputs", {**params, "sets": sets})["error"]["message"]
    assert "error" in runner.ask("inputs", {"path": params["path"] + ".gone", "sets": 1})
    assert "result" in runner.ask("inputs", params)


def test_what_prepare_raises_is_the_answer_to_inputs(client, load_params, input_params):
    runner = client()
    runner.ask("load", dict(load_params, variant="unprepared"))
    assert runner.ask("inputs", input_params(1))["error"]["message"] == "RuntimeError: no host tensor"


def test_every_node_that_is_unsupported_is_listed_and_the_runner_goes_on(client, load_params):
    runner = client()
    error = runner.ask("load", dict(load_params, variant="refuse"))["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator")
    assert [(node["node"], node["op"]) for node in error["nodes"]] == [("scale", "Mul"), ("sum", "ReduceSum")]
    assert "steps before a load" in runner.ask("steps", {"count": 1})["error"]["message"]
    assert "result" in runner.ask("load", load_params)


def test_garbage_is_answered_and_survived(client):
    runner = client()
    for garbage in (b"", b"garbage", b"[1]", b'{"assay": 2, "id"', b"\xff\xfe"):
        reply = runner.send_line(garbage)
        assert reply["id"] is None and reply["error"]["outcome"] == "failed"
    reply = runner.send_line(b'{"assay": 1, "id": 5, "method": "describe"}')
    assert reply["id"] == 5 and "version" in reply["error"]["message"]
    assert "unknown method" in runner.ask("dance")["error"]["message"]
    assert "load lacks graph, weights" in runner.ask("load")["error"]["message"]
    assert "result" in runner.ask("describe")


def test_a_failing_step_is_failed_with_its_message(client, load_params, input_params, tmp_path):
    runner = client()
    runner.ask("load", dict(load_params, variant="explode"))
    runner.ask("inputs", input_params(1))
    error = runner.ask("steps", {"count": 1})["error"]
    assert (error["outcome"], error["message"]) == ("failed", "RuntimeError: the framework failed")
    error = runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]
    assert "before a step" in error["message"]
    assert "Traceback" in runner.finish()[2]


def test_the_count_is_checked(client, load_params, input_params):
    runner = client()
    runner.ask("load", load_params)
    runner.ask("inputs", input_params(1))
    for count in (0, -1, None, "1", [0], True, 1.0):
        assert "count must be" in runner.ask("steps", {"count": count})["error"]["message"]


@pytest.mark.parametrize("variant, message", [("forget", "lack ['grad.w']"), ("flat", "output 'loss' is float32 [1], the graph says F32 []")])
def test_outputs_are_those_of_the_graph(client, load_params, input_params, tmp_path, variant, message):
    runner = client()
    runner.ask("load", dict(load_params, variant=variant))
    runner.ask("inputs", input_params(1))
    runner.ask("steps", {"count": 1})
    assert message in runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]["message"]


def test_a_broken_weights_file_is_named(client, load_params, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"\x10\x00")
    assert "error" in client().ask("load", load_params)


def test_a_framework_that_cannot_be_imported_is_an_answer(client):
    runner = client("no-framework")
    assert "libframework.so" in runner.ask("describe")["error"]["message"]
    assert runner.finish()[0] == 0


def test_end_of_input_ends_the_runner(client):
    assert client().finish()[0] == 0
