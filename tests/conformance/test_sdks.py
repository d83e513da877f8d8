"""What every SDK does for its runners, whatever the language: docs/protocol.md over real pipes, against a runner of two operators."""

import os
import signal
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import load_file, save_file
from sdks import SCRIPTS, SHAPE, Echo, builds, message

GARBAGE = [b"", b"garbage", b"[1]", b'{"assay": 2, "id"', b"\xff\xfe"]


@pytest.fixture(scope="module", params=SCRIPTS.values(), ids=SCRIPTS)
def script(request):
    done = builds(request.param)
    assert done.returncode == 0, done.stderr
    return request.param


@pytest.fixture
def start(script, tmp_path):
    made = []

    def make(**variables):
        made.append(Echo(script, tmp_path, **variables))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def echo(start):
    return start()


def names(said, request, field):
    """Whether a fault tells where it is: by the field, or by the request that has it."""
    return field in said or f"params of {request}" in said


def test_there_are_sdks():
    assert len(SCRIPTS) >= 2


def test_what_a_framework_prints_does_not_reach_the_protocol(echo):
    assert echo.ask("describe")["result"]["framework"] == "Echo"
    assert echo.end() == (0, b"")
    assert "a library prints\nand prints again" in echo.said()


def test_a_whole_session(echo):
    description = echo.ask("describe")["result"]
    assert sorted(description["operators"]) == ["Add", "Identity"] and description["training"] is True
    assert echo.load()["result"] == {"precision": "f32", "threads": 1, "notes": "variant honest"}
    assert echo.give(1, 2, 3, 4)["result"] == {}
    Path(echo.path("inputs")).unlink()
    for count, last in ((1, 0), (2, 2)):  # the fourth is never run
        samples = echo.step(count)["result"]["samples_ns"]
        assert len(samples) == count and all(type(sample) is int and sample > 0 for sample in samples)
        for name in ("out", "again"):  # the same tensors are written to another path
            assert echo.outputs(name)["result"] == {"set": last}
            written = load_file(echo.path(name))
            assert written.keys() == {"loss"}
            numpy.testing.assert_array_equal(written["loss"], numpy.full(SHAPE, 11 + last, numpy.float32))
    echo.give(9)
    echo.step()
    assert echo.outputs("new")["result"] == {"set": 0}
    assert load_file(echo.path("new"))["loss"][0, 0] == 19, "the set that was left over is not run"
    assert echo.ask("close")["result"] == {}
    assert echo.end() == (0, b"")


def test_gradients_are_outputs_where_they_are_asked_for(echo):
    assert "result" in echo.load(gradients=True)
    echo.give(1)
    echo.step()
    assert echo.outputs()["result"] == {"set": 0}
    written = load_file(echo.path("out"))
    assert written.keys() == {"loss", "grad.w"} and (written["grad.w"] == numpy.ones(SHAPE, numpy.float32)).all()


def test_no_step_without_inputs_of_its_own(echo):
    assert "inputs before a load" in message(echo.give(1))
    echo.load()
    assert "inputs of 0 are left" in message(echo.step())
    echo.give(1, 2)
    assert "inputs of 2 are left" in message(echo.step(3))
    assert "result" in echo.step(2)
    assert "inputs of 0 are left" in message(echo.step())
    echo.give(1)
    echo.load()
    assert "inputs of 0 are left" in message(echo.step()), "a load forgets them"
    assert "before a step" in message(echo.outputs())


def test_inputs_that_are_not_the_graphs_are_named(echo):
    echo.load()
    assert "result" in echo.give(1, 2)
    for sets in (1, 3):
        said = message(echo.ask("inputs", path=echo.path("inputs"), sets=sets))
        assert "tensor 'x' is F32 [2, 2, 2], the graph says F32 [%d, 2, 2]" % sets in said
    for sets in (0, -1, None, "2", True):
        assert names(message(echo.ask("inputs", path=echo.path("inputs"), sets=sets)), "inputs", "sets")
    assert "error" in echo.ask("inputs", path=echo.path("gone"), sets=1)
    save_file({"x": numpy.zeros((1, *SHAPE), numpy.int64)}, echo.path("inputs"))
    assert "tensor 'x' is I64" in message(echo.ask("inputs", path=echo.path("inputs"), sets=1))
    echo.write("inputs", z=numpy.zeros((1, *SHAPE)))
    assert "tensor 'x' is missing" in message(echo.ask("inputs", path=echo.path("inputs"), sets=1))
    assert "result" in echo.give(1)


def test_weights_that_are_not_the_graphs_are_named(echo):
    echo.write("weights", w=[1, 2])
    assert "tensor 'w' is F32 [2], the graph says F32 [2, 2]" in message(echo.load())
    echo.write("weights")
    assert "tensor 'w' is missing" in message(echo.load())
    Path(echo.path("weights")).write_bytes(b"\x10\x00")
    assert "weights.safetensors" in message(echo.load())
    Path(echo.path("weights")).unlink()
    assert "weights.safetensors" in message(echo.load())


def test_a_weights_file_may_hold_more_than_the_graph_uses(echo):
    echo.write("weights", w=numpy.full(SHAPE, 10), unused=[1])
    assert "result" in echo.load()


def test_a_graph_that_is_none_is_named(echo):
    for text in ("", "{}", '{"assay_graph": 2, "name": "sum", "values": [], "nodes": [], "outputs": []}'):
        (echo.folder / "graph.json").write_text(text)
        assert "graph.json" in message(echo.load())


def test_every_node_that_is_unsupported_is_listed_and_the_runner_goes_on(echo):
    echo.write_graph("Relu")
    error = echo.load()["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "operator")
    assert error["nodes"] == [{"node": name, "op": "Relu", "message": "not in Echo"} for name in ("between", "again")]
    assert "inputs before a load" in message(echo.give(1)) and "steps before a load" in message(echo.step())
    echo.write_graph("Identity")
    assert "result" in echo.load()


def test_garbage_is_answered_and_survived(echo):
    for garbage in GARBAGE:
        echo.say(garbage)
        reply = echo.hear()
        assert not reply["id"] and reply["error"]["outcome"] == "failed"
    echo.say(b'{"assay": 1, "id": 5, "method": "describe", "params": {}}')
    reply = echo.hear()
    assert reply["id"] == 5 and "version" in message(reply)
    assert "unknown method" in message(echo.ask("dance"))
    assert "graph" in message(echo.ask("load"))
    assert "result" in echo.ask("describe")


@pytest.mark.parametrize("variant, said, outcome", [("fails", "the device is lost", "failed"), ("throws", "thrown by the framework", "failed"),
                                                    ("memory", "memory", "unsupported")])
def test_a_step_that_fails_is_answered_with_its_message(echo, variant, said, outcome):
    echo.load(variant)
    echo.give(1)
    error = echo.step()["error"]
    assert error["outcome"] == outcome and said in error["message"]
    assert error.get("reason", "") == ("memory" if variant == "memory" else "")
    assert "before a step" in message(echo.outputs())
    assert "result" in echo.load()


@pytest.mark.parametrize("count", [0, -1, None, "1", [0], True, 1.5])
def test_the_count_is_checked(echo, count):
    echo.load()
    echo.give(1)
    assert names(message(echo.ask("steps", count=count)), "steps", "count")
    assert "result" in echo.step()


@pytest.mark.parametrize("variant, said", [("forgets", "tensor 'loss' is missing"), ("flat", "tensor 'loss' is F32 [4], the graph says F32 [2, 2]")])
def test_outputs_are_those_of_the_graph(echo, variant, said):
    echo.load(variant)
    echo.give(1)
    echo.step()
    assert said in message(echo.outputs())


def test_inputs_are_aligned(echo):
    echo.load("address")
    echo.give(1, 2)
    assert [message(echo.step()).split()[-1] for _ in range(2)] == ["0", "0"]


def test_it_can_be_stopped_and_continued(echo):
    echo.load()
    echo.give(1, 2, 3)
    os.kill(echo.process.pid, signal.SIGSTOP)
    os.kill(echo.process.pid, signal.SIGCONT)
    assert "result" in echo.step(3)


def test_a_framework_that_cannot_be_loaded_is_an_answer(start):
    echo = start(ECHO_WITHOUT_FRAMEWORK="1")
    for _ in range(2):
        assert "libframework.so" in message(echo.ask("describe"))
    assert echo.end() == (0, b"")


def test_the_end_of_its_input_ends_it(echo):
    assert echo.end() == (0, b"")
