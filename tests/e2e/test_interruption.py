"""A run that is interrupted at any moment keeps what it had."""

import json
import random
import signal
import sys
import time

import pytest
from program import ROOT, own_cache

sys.path.insert(0, str(ROOT / "bench/kills"))

ARGUMENTS = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "fake/honest", "-f", "fake/slow", "--rounds", 300]


def wait_for_visits(assay, process, least):
    """Until the running process has stored so many visits of its last run."""
    for _ in range(600):
        assert process.poll() is None, process.stderr.read()
        shown = assay("show", "last", "--samples")
        visits = sum(len(result["visits"]) for result in json.loads(shown.out)["results"]) if shown.code == 0 else 0
        if visits >= least:
            return visits
        time.sleep(0.2)
    raise AssertionError("no visits")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_cleanly_with_a_partial_table(assay, sent):
    process = assay.start(*ARGUMENTS)
    wait_for_visits(assay, process, 4)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "fake/honest@cpu" in out and "Partial run" in err
    assert not assay("show", "last", "--json").document["complete"]


def test_ctrl_c_at_any_moment_ends_cleanly(assay, tmp_path):
    """While the truth is computed, during a cold launch, while runners warm up."""
    variables = own_cache(tmp_path)
    for _ in range(4):
        process = assay.start(*ARGUMENTS, **variables)
        while not (line := process.stderr.readline()).startswith("Run "):  # after the machine's limits, where these are not known
            assert line, "ended before the run began"
        time.sleep(random.uniform(0, 2))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130 and "assay run --resume" in err, err
    shown = assay("show", "last", "--json").document
    assert not [result for result in shown["results"] if result["outcome"] != "ok"], "an interrupt is nobody's failure"


def test_ctrl_c_twice_ends_at_once(assay):
    from kills import processes_of
    process = assay.start(*ARGUMENTS)
    wait_for_visits(assay, process, 1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130 and time.monotonic() - began < 3
    time.sleep(1)
    assert not processes_of(assay.environment["ASSAY_STORE"])


def test_a_kill_loses_at_most_the_visit_in_hand(assay):
    process = assay.start(*ARGUMENTS)
    before = wait_for_visits(assay, process, 4)
    process.kill()
    process.communicate(timeout=60)
    after = json.loads(assay("show", "last", "--samples").out)
    assert sum(len(result["visits"]) for result in after["results"]) >= before
    assert assay("show", "last").code == 0


def test_a_locked_store_is_said(assay, tmp_path):
    import sqlite3
    assert assay("show").code == 0
    holder = sqlite3.connect(assay.environment["ASSAY_STORE"])
    holder.execute("BEGIN EXCLUSIVE")
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-f", "fake/honest", "-w", "inference")
    holder.close()
    assert done.code == 4 and "locked" in done.err
