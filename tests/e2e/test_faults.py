"""Runners that lie or break: each is reported as what it is, and the honest one beside it is measured all the same."""

import os
import sys

import pytest
from program import ROOT

sys.path.insert(0, str(ROOT / "bench/kills"))

from kills import processes_of  # noqa: E402

WRONG = ["zeros", "other-seed", "first-answer-again", "other-set", "not-finite", "other-shape", "missing-output", "truncated-tensor-file",
         "no-tensor-file"]
CRASHED = ["crash-at-load", "crash-at-step", "exit", "closes-pipe"]
FAILED = ["answers-early", "garbage", "wrong-id", "half-line", "flood-stdout", "fails-at-step"]
FLOODS = ["flood-stderr"]
FORKS = ["fork"]
HANGS = ["hang"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from program import Assay
    assay = Assay(tmp_path_factory.mktemp("faults"))
    variants = ["honest", *WRONG, *CRASHED, *FAILED, *FLOODS, *FORKS, *HANGS, "unsupported", "clock-liar"]
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 2, "--deadline", "8s", "--json",
                 *[word for variant in variants for word in ("-f", f"fake/{variant}")])
    done.store = assay.environment["ASSAY_STORE"]
    done.samples = assay("show", "last", "--samples", "--json").result
    return done


def test_the_honest_one_is_measured_beside_them(run):
    honest = run.result("fake/honest")
    assert honest["outcome"] == "ok" and honest["verdict"] == "exact", honest["reason"]
    assert honest["time_ms"]["rounds"] == 2


@pytest.mark.parametrize("variant", WRONG)
def test_a_liar_is_wrong(run, variant):
    result = run.result(f"fake/{variant}")
    assert result["verdict"] == "wrong" and result["reason"], result
    assert result["time_ms"] is None, "a wrong contestant is not measured"


@pytest.mark.parametrize("variant", CRASHED)
def test_a_crash_is_a_crash(run, variant):
    result = run.result(f"fake/{variant}")
    assert result["outcome"] in ("crashed", "failed") and result["reason"], result
    # One that breaks after some steps has passed the gate in its cold launch; the others never answered.
    assert result["verdict"] == ("exact" if variant == "crash-at-step" else "unchecked")


@pytest.mark.parametrize("variant", FAILED)
def test_nonsense_is_a_failure(run, variant):
    result = run.result(f"fake/{variant}")
    assert result["outcome"] in ("failed", "crashed") and result["reason"], result


def test_a_hang_is_timed_out(run):
    result = run.result("fake/hang")
    assert result["outcome"] == "timed_out" and "8" in result["reason"], result


def test_a_flood_of_stderr_harms_nobody(run):
    result = run.result("fake/flood-stderr")
    assert result["outcome"] == "ok" and result["verdict"] == "exact", result


def test_one_that_leaves_a_daemon_behind_is_measured(run):
    result = run.result("fake/fork")
    assert result["outcome"] == "ok" and result["verdict"] == "exact", result


def test_a_lying_clock_is_found(run):
    result = run.result("fake/clock-liar")
    if result["outcome"] == "ok":  # it claims half of the time: excused where others kept half of the CPUs and more, and nothing gained
        visits = run.samples("fake/clock-liar")["visits"]
        assert all(min(visit["cpu_pressure"], visit["other_cpus"] / os.cpu_count()) > 0.4 for visit in visits), visits
        assert result["time_ms"]["median"] > 0.8 * run.result("fake/honest")["time_ms"]["median"], result
        return
    assert result["outcome"] == "failed" and "clock" in result["reason"], result


def test_unsupported_nodes_are_all_listed(run):
    result = run.result("fake/unsupported")
    assert result["outcome"] == "unsupported" and result["reason_code"] == "operator"
    assert len(result["nodes"]) > 1


def test_the_exit_code_tells_of_wrong_answers(run):
    assert run.code == 1


def test_nothing_is_left_running(run):
    assert not processes_of(run.store)


def test_a_zero_gradient_is_wrong_in_training(assay):
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "training", "-f", "fake/zero-gradient", "-f", "fake/honest", "--rounds", 3,
                 "--json")
    result = done.result("fake/zero-gradient")
    assert result["verdict"] == "wrong" and "grad." in result["reason"] + result["error"]["worst"], result
    assert done.result("fake/honest")["verdict"] == "exact"
