"""Contestants are kept from each other, from the store and from the truth; what hides is counted and does not outlive the run."""

import os
import subprocess
from pathlib import Path

import pytest
from program import Assay

CACHE = Path(os.environ.get("ASSAY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay")
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
        done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 2, "--json",
                     *[word for variant in variants for word in ("-f", f"fake/{variant}")],
                     FAKE_TAG=TAG, FAKE_VICTIM=str(victim.pid), FAKE_PATHS=os.pathsep.join(places))
        done.victim_lives = victim.poll() is None
        victim.kill()
    return done


def gaps(run):
    return run.document["host"].get("isolation_gaps", [])


def test_the_honest_one_is_measured_beside_them(run):
    assert run.result("fake/honest")["verdict"] == "exact", run.err


def test_no_hand_is_laid_on_another_process(run):
    if gaps(run):
        pytest.skip("; ".join(gaps(run)))
    assert run.result("fake/hands-on")["outcome"] == "ok", run.result("fake/hands-on")
    assert run.victim_lives


def test_store_truth_weights_and_neighbours_are_out_of_reach(run):
    if gaps(run):
        pytest.skip("; ".join(gaps(run)))
    assert run.result("fake/reaches-out")["outcome"] == "ok", run.result("fake/reaches-out")


@pytest.mark.parametrize("variant", [*HIDES, "chain"])
def test_what_hides_is_measured_like_others(run, variant):
    assert run.result(f"fake/{variant}")["outcome"] == "ok", run.result(f"fake/{variant}")


def test_nothing_that_hid_outlives_the_run(run):
    assert not tagged()
