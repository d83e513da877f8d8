"""The protocol over real pipes, against a fake framework."""

import numpy
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


def test_a_whole_session(client, load_params, tmp_path):
    runner = client()
    runner.ask("describe")
    assert runner.ask("load", load_params)["result"] == {"precision": "f32", "threads": 2, "notes": "notes"}
    samples = runner.ask("steps", {"sets": [0, 1, 0]})["result"]["samples_ns"]
    assert len(samples) == 3 and all(isinstance(sample, int) and sample > 0 for sample in samples)
    for last, loss in ((0, 12.0), (1, 24.0)):
        runner.ask("steps", {"sets": [1 - last, last]})
        path = str(tmp_path / "out.safetensors")
        assert runner.ask("outputs", {"path": path})["result"] == {"set": last}
        written = load_file(path)
        assert written["loss"] == loss and written["loss"].shape == ()
        numpy.testing.assert_array_equal(written["grad.w"], numpy.full(3, 2.0 * (last + 1), numpy.float32))
    assert runner.ask("close")["result"] == {}
    assert runner.finish()[0] == 0


def test_every_node_that_is_unsupported_is_listed_and_the_runner_goes_on(client, load_params):
    runner = client()
    error = runner.ask("load", dict(load_params, variant="refuse"))["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator")
    assert [(node["node"], node["op"]) for node in error["nodes"]] == [("scale", "Mul"), ("sum", "ReduceSum")]
    assert "steps before a load" in runner.ask("steps", {"sets": [0]})["error"]["message"]
    assert "result" in runner.ask("load", load_params)


def test_garbage_is_answered_and_survived(client):
    runner = client()
    for garbage in (b"", b"garbage", b"[1]", b'{"assay": 1, "id"', b"\xff\xfe"):
        reply = runner.send_line(garbage)
        assert reply["id"] is None and reply["error"]["outcome"] == "failed"
    reply = runner.send_line(b'{"assay": 2, "id": 5, "method": "describe"}')
    assert reply["id"] == 5 and "version" in reply["error"]["message"]
    assert "unknown method" in runner.ask("dance")["error"]["message"]
    assert "load lacks graph, weights, inputs" in runner.ask("load")["error"]["message"]
    assert "result" in runner.ask("describe")


def test_a_failing_step_is_failed_with_its_message(client, load_params, tmp_path):
    runner = client()
    runner.ask("load", dict(load_params, variant="explode"))
    error = runner.ask("steps", {"sets": [0]})["error"]
    assert (error["outcome"], error["message"]) == ("failed", "RuntimeError: the framework failed")
    error = runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]
    assert "before a step" in error["message"]
    assert "Traceback" in runner.finish()[2]


def test_sets_are_checked(client, load_params):
    runner = client()
    runner.ask("load", load_params)
    for sets in ([], [2], None, "01"):
        assert "sets must be" in runner.ask("steps", {"sets": sets})["error"]["message"]


def test_a_missing_gradient_is_no_answer(client, load_params, tmp_path):
    runner = client()
    runner.ask("load", dict(load_params, variant="forget"))
    runner.ask("steps", {"sets": [0]})
    assert "lack ['grad.w']" in runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]["message"]


def test_a_broken_weights_file_is_named(client, load_params, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"\x10\x00")
    assert "error" in client().ask("load", load_params)


def test_a_framework_that_cannot_be_imported_is_an_answer(client):
    runner = client("no-framework")
    assert "libframework.so" in runner.ask("describe")["error"]["message"]
    assert runner.finish()[0] == 0


def test_end_of_input_ends_the_runner(client):
    assert client().finish()[0] == 0
