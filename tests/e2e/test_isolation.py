"""Contestants are kept from each other, from the store and from the truth; what hides is counted and does not outlive the run."""

import os
import subprocess
from pathlib import Path

import pytest
from program import CACHE, Assay, Done

TAG = f"e2e-escapee-{os.getpid()}"
HIDES = ["hides", "hides-beside", "hides-within"]


def tagged():
    """Numbers of the processes that hide: their environment is empty, their command line ends in the tag."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().endswith(TAG.encode() + b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    assay = Assay(tmp_path_factory.mktemp("isolation"))
    places = [assay.environment["ASSAY_STORE"], *(str(CACHE / name) for name in ("truth", "weights", "runs"))]
    with subprocess.Popen(["sleep", "600"]) as victim:
        variants = ["honest", "hands-on", "reaches-out", "chain", *HIDES]
        process = assay.start("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 2, "--json",
                              *[word for variant in variants for word in ("-f", f"fake/{variant}")],
                              FAKE_TAG=TAG, FAKE_VICTIM=str(victim.pid), FAKE_PATHS=os.pathsep.join(places))
        out, err = process.communicate(timeout=900)
        done = Done(process.returncode, out, err)
        done.pid = process.pid
        done.victim_lives = victim.poll() is None
        victim.kill()
    return done


def skip_where(run, *words):
    """Where the system does not give what a test is about: the gap says so with one of these words."""
    gaps = [gap for gap in run.document["host"]["isolation_gaps"] if any(word in gap for word in words)]
    if gaps:
        pytest.skip("; ".join(gaps))


def test_the_honest_one_is_measured_beside_them(run):
    assert run.result("fake/honest")["verdict"] == "exact", run.err


def test_no_hand_is_laid_on_another_process(run):
    skip_where(run, "process namespaces", "signals")
    assert run.result("fake/hands-on")["outcome"] == "ok", run.result("fake/hands-on")
    assert run.victim_lives


def test_store_truth_weights_and_neighbours_are_out_of_reach(run):
    skip_where(run, "file rules", "truncation")
    assert run.result("fake/reaches-out")["outcome"] == "ok", run.result("fake/reaches-out")


@pytest.mark.parametrize("variant", [*HIDES, "chain"])
def test_what_hides_is_measured_like_others(run, variant):
    assert run.result(f"fake/{variant}")["outcome"] == "ok", run.result(f"fake/{variant}")


def test_nothing_that_hid_outlives_the_run(run):
    assert not tagged()


def test_no_control_group_outlives_the_run(run):
    assert not list(Path("/sys/fs/cgroup").glob(f"**/assay-*-{run.pid}-*"))


def test_what_a_system_without_control_groups_lacks_is_said(tmp_path):
    assay = Assay(tmp_path)
    if not assay.do_without_control_groups():
        pytest.skip("control groups cannot be hidden from the program here")
    gaps = "; ".join(assay.gaps())
    assert "cpuset" in gaps and "pids" in gaps
