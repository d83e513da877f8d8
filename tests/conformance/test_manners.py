"""What docs/protocol.md asks of every runner beside right answers: it survives what makes no sense, loads again, does not care for being
stopped, and ends when it is told to or its input ends."""

import os
import signal
import time

import numpy
import pytest
from conftest import CONTESTANTS
from contestants import is_first_of_its_form
from runners import Client, command, exported
from safetensors.numpy import load_file, save_file

FIRST = [contestant for contestant in CONTESTANTS if is_first_of_its_form(contestant, CONTESTANTS)]
STEPS = 3


@pytest.fixture(scope="module", params=FIRST, ids=lambda contestant: contestant.name)
def runner(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runner")
    client = Client(command(request.param), HOME=str(folder), TMPDIR=str(folder))
    client.params, client.folder = exported(request.param, folder), folder
    assert "result" in client.ask("describe")
    yield client
    client.kill()


def load(runner, **changes):
    return runner.ask("load", **(runner.params | changes))


def inputs(runner, *numbers):
    """The model's own input sets of these numbers, one a step."""
    sets = [load_file(runner.folder / f"inputs-{number}.safetensors") for number in numbers]
    save_file({name: numpy.stack([one[name] for one in sets]) for name in sets[0]}, runner.folder / "given.safetensors")
    return runner.ask("inputs", path=str(runner.folder / "given.safetensors"), sets=len(numbers))


def outputs(runner):
    """(place of the set, tensors) of the last step."""
    path = runner.folder / "outputs.safetensors"
    path.unlink(missing_ok=True)
    return runner.ask("outputs", path=str(path))["result"]["set"], load_file(path)


def answer(runner, number):
    assert inputs(runner, number)["result"] == {}
    assert len(runner.ask("steps", count=1)["result"]["samples_ns"]) == 1
    return outputs(runner)[1]


def same(one, other):
    return one.keys() == other.keys() and all(numpy.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("line", [b"", b"garbage", b"[1]", b'{"assay": 2, "id"', b"\xff\xfe"])
def test_what_makes_no_sense_is_answered_and_survived(runner, line):
    runner.say(line)
    assert runner.hear()["error"]["outcome"] == "failed"
    assert "result" in runner.ask("describe")


def test_another_version_is_refused(runner):
    runner.say(b'{"assay": 1, "id": 5, "method": "describe", "params": {}}')
    assert runner.hear()["error"]["outcome"] == "failed"


def test_an_unknown_request_is_an_error(runner):
    assert runner.ask("dance")["error"]["outcome"] == "failed"


def test_a_load_that_lacks_its_params_is_an_error_and_the_next_one_is_not(runner):
    assert runner.ask("load")["error"]["outcome"] == "failed"
    assert "result" in load(runner)


@pytest.mark.parametrize("changes, reason", [({"precision": "bf16"}, "precision"), ({"device": "webgpu"}, None)])
def test_what_is_not_here_is_unsupported_and_the_next_load_is_not(runner, changes, reason):
    error = load(runner, **changes)["error"]
    assert error["outcome"] == "unsupported" and reason in (None, error["reason"])
    assert "result" in load(runner)


def test_no_step_without_inputs_of_its_own(runner):
    load(runner)
    assert runner.ask("steps", count=1)["error"]["outcome"] == "failed"
    inputs(runner, 0)
    assert runner.ask("steps", count=2)["error"]["outcome"] == "failed"
    assert "result" in runner.ask("steps", count=1)
    load(runner)
    assert runner.ask("outputs", path=str(runner.folder / "none.safetensors"))["error"]["outcome"] == "failed"


def test_a_second_load_answers_as_the_first_one_did(runner):
    load(runner)
    first, other = answer(runner, 0), answer(runner, 1)
    assert not same(first, other)
    load(runner)
    assert same(answer(runner, 0), first)


def test_steps_that_are_stopped_amidst_are_right(runner):
    load(runner)
    expected = answer(runner, 1)
    inputs(runner, *[0] * STEPS, 1)
    runner.send("steps", count=STEPS + 1)
    for _ in range(5):
        os.kill(runner.process.pid, signal.SIGSTOP)
        time.sleep(0.02)
        os.kill(runner.process.pid, signal.SIGCONT)
    assert len(runner.hear()["result"]["samples_ns"]) == STEPS + 1
    place, found = outputs(runner)
    assert place == STEPS and same(found, expected)


def test_it_ends_when_its_input_ends(runner):
    """The last test: its process is gone then."""
    assert runner.end() == (0, b"")


@pytest.mark.parametrize("contestant", FIRST, ids=lambda contestant: contestant.name)
def test_it_ends_when_it_is_told_to(contestant):
    client = Client(command(contestant))
    assert client.ask("close")["result"] == {}
    assert client.process.wait(30) == 0
