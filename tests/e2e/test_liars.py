"""Liars of docs/method.md whose numbers are wrong, through the whole program: each is rejected under its own name, and the honest runner
beside it is not. Those whose numbers are right are in test_liars_about_time.py."""

import pytest
from liars import ABOUT_LAUNCH, FROM_MEMORY, LIARS, run

LIES = [(workload, liar, reason) for workload, liars in LIARS.items() for liar, reason in liars.items()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, size):
    variants = {workload: ["honest", "bf16", *liars] for workload, liars in LIARS.items()}
    variants["inference"] += ABOUT_LAUNCH
    return {workload: run(tmp_path_factory.mktemp(workload), size, workload, names) for workload, names in variants.items()}


@pytest.mark.parametrize("workload, liar, reason", LIES)
def test_a_liar_is_rejected(runs, workload, liar, reason):
    result = runs[workload].result(f"fake/{liar}")
    assert result["verdict"] == "wrong" and reason in result["reason"], result
    assert result["time_ms"] is None, "a wrong contestant is not measured"


@pytest.mark.parametrize("liar, taken", ABOUT_LAUNCH.items())
def test_a_launch_that_is_put_off_is_counted(runs, liar, taken):
    result, honest = (runs["inference"].result(f"fake/{name}") for name in (liar, "honest"))
    assert result["start_s"]["cold"] > taken[0] and result["peak_bytes"] > max(taken[1], 0.7 * honest["peak_bytes"]), (result, honest)


@pytest.fixture(scope="module")
def remembering(tmp_path_factory, size):
    # Who makes the last of the inputs handed over is right where that is the one asked about: it takes several questions.
    return run(tmp_path_factory.mktemp("memory"), size, "inference", FROM_MEMORY, rounds=6)


@pytest.mark.parametrize("liar, reason", FROM_MEMORY.items())
def test_who_answers_from_memory_is_found_by_inputs_that_come_later(remembering, liar, reason):
    result = remembering.result(f"fake/{liar}")
    assert result["verdict"] == "wrong" and reason in result["reason"], result


@pytest.mark.parametrize("workload", LIARS)
def test_who_tells_the_truth_is_measured(runs, workload):
    for variant, verdict in {"honest": "exact", "bf16": "reduced"}.items():
        result = runs[workload].result(f"fake/{variant}")
        assert (result["outcome"], result["verdict"]) == ("ok", verdict), result
        assert result["time_ms"]["median"] > 0
