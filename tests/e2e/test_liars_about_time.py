"""Liars of docs/method.md that answer rightly and lie about the work, through the whole program: they are found by clocks, so nothing else may run
on the machine meanwhile (what others take from a contestant excuses it)."""

import pytest
from liars import ABOUT_CLOCKS, ABOUT_TIME, LEFT_OUT, run

# What is found by several questions takes rounds.
ROUNDS = 6


@pytest.fixture(scope="module")
def timed(tmp_path_factory, size):
    return run(tmp_path_factory.mktemp("timed"), size, "inference", ["honest", *LEFT_OUT, *ABOUT_TIME, *ABOUT_CLOCKS], ROUNDS)


def asked_for_several(done, liar):
    """Whether requests for four steps and more, and for single ones, came often enough to compare them: not where steps take 20 ms, as
    those of a large model do, and of a small one on a busy machine."""
    (result,) = [one for one in done.stored()["results"] if one["variant"] == liar]
    lengths = [steps for visit in result["visits"] for steps, _ in visit["requests"]]
    return lengths.count(1) >= 4 and sum(length >= 4 for length in lengths) >= 4


def gains_nothing(result, honest):
    return result["outcome"] != "ok" or result["time_ms"]["high"] > honest["time_ms"]["low"]


@pytest.mark.parametrize("liar, reason", LEFT_OUT.items())
def test_who_leaves_out_steps_is_found(timed, liar, reason):
    result = timed.result(f"fake/{liar}")
    if liar == "last-of-request" and not asked_for_several(timed, liar):  # long steps come alone: there it makes them all
        assert gains_nothing(result, timed.result("fake/honest"))
        return
    assert result["verdict"] == "wrong" and reason in result["reason"], result


@pytest.mark.parametrize("liar, reasons", ABOUT_TIME.items())
def test_work_that_is_not_done_while_timed_is_found(timed, liar, reasons):
    result = timed.result(f"fake/{liar}")
    assert result["verdict"] == "wrong" and any(reason in result["reason"] for reason in reasons), result


@pytest.fixture(scope="module")
def trained(tmp_path_factory, size):
    return run(tmp_path_factory.mktemp("trained"), size, "training", ["honest", *ABOUT_TIME], ROUNDS)


@pytest.mark.parametrize("liar, reasons", ABOUT_TIME.items())
def test_nor_is_it_hidden_by_gradients_that_take_long_to_write(trained, liar, reasons):
    result = trained.result(f"fake/{liar}")
    assert result["verdict"] == "wrong" and any(reason in result["reason"] for reason in reasons), result
    assert trained.result("fake/honest")["verdict"] == "exact"


@pytest.mark.parametrize("liar", ABOUT_CLOCKS)
def test_a_clock_that_lies_about_single_steps_gains_nothing(timed, liar):
    result, honest = timed.result(f"fake/{liar}"), timed.result("fake/honest")
    assert gains_nothing(result, honest), (result, honest)


def test_the_honest_one_is_not_taken_for_them(timed):
    assert timed.result("fake/honest")["verdict"] == "exact"
