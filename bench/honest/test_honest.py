"""What is counted: launches, and who was rejected among honest contestants."""

import json
import os
import subprocess
import sys
from pathlib import Path

import honest
import pytest

PROGRAM = Path(os.environ.get("ASSAY_BINARY", honest.ROOT / "build/release/assay"))


def result(outcome="ok", verdict="exact", warm=1):
    return {"contestant": "a/b@cpu", "model": "m", "workload": "w", "outcome": outcome, "verdict": verdict, "reason": "r",
            "start_s": {"warm": {"launches": warm} if warm else None}}


def counted(*results):
    outcome = honest.Outcome()
    outcome.add({"run": "1", "results": list(results)})
    return outcome.document()


def test_a_run_launches_cold_and_once_a_block():
    assert counted(result(), result(warm=2))["by_contestant"] == {"a/b@cpu": 5}
    assert counted(result("failed", "unchecked", warm=0))["launches"] == 1


def test_wrong_is_rejected_and_a_crash_is_a_failure():
    document = counted(result(), result(verdict="wrong"), result("crashed", "unchecked"))
    assert [one["verdict"] for one in document["rejected"]] == ["wrong"] and [one["outcome"] for one in document["failed"]] == ["crashed"]


def test_what_a_framework_cannot_do_is_neither():
    document = counted(result("unsupported", "unchecked"))
    assert (document["launches"], document["rejected"], document["failed"]) == (0, [], [])


def test_nobody_is_left_out_in_silence(tmp_path):
    program = tmp_path / "assay"
    def says(state):
        entries = [{"contestant": "a/b@cpu", "state": state}, {"contestant": "a/b@cuda", "state": "cannot run here"}]
        program.write_text(f"#!/bin/sh\necho '{json.dumps({'contestants': entries})}'\n")
        program.chmod(0o755)
        return program
    assert honest.contestants(says("ready")) == ["a/b@cpu", *honest.FAKES]
    with pytest.raises(RuntimeError, match="a/b@cpu is outdated"):
        honest.contestants(says("outdated"))


def test_liars_among_them_end_it_with_1():
    done = subprocess.run([sys.executable, Path(honest.__file__).with_name("main.py"), "--assay", PROGRAM, "--launches", "2", "--hogs", "1", "--json",
                           "-w", "inference", "-f", "fake/honest", "-f", "fake/zeros"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    document = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert {one["contestant"] for one in document["rejected"]} == {"fake/zeros@cpu"} and document["by_contestant"]["fake/honest@cpu"] >= 2
