"""What only this SDK has: tests/conformance/test_sdks.py holds all of them to the protocol."""


def test_what_a_framework_prints_does_not_reach_the_protocol(client):
    runner = client()
    description = runner.ask("describe")["result"]
    assert description["framework"] == "fake"
    assert description["operators"] == ["Mul", "ReduceSum"]
    status, output, errors = runner.finish()
    assert (status, output) == (0, b"")
    for printed in ("a library prints", "a C library", "a child process", "stdin at end: True"):
        assert printed in errors


def test_what_prepare_raises_is_the_answer_to_inputs(client, load_params, input_params):
    runner = client()
    runner.ask("load", dict(load_params, variant="unprepared"))
    assert runner.ask("inputs", input_params(1))["error"]["message"] == "RuntimeError: no host tensor"


def test_what_a_framework_raises_is_told_in_the_answer_and_in_full_on_standard_error(client, load_params, input_params, tmp_path):
    runner = client()
    runner.ask("load", dict(load_params, variant="explode"))
    runner.ask("inputs", input_params(1))
    error = runner.ask("steps", {"count": 1})["error"]
    assert (error["outcome"], error["message"]) == ("failed", "RuntimeError: the framework failed")
    error = runner.ask("outputs", {"path": str(tmp_path / "out")})["error"]
    assert "before a step" in error["message"]
    assert "Traceback" in runner.finish()[2]
