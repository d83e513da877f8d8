"""What the machine can do, what each result makes of it, and what a framework's footprint counts."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from program import Assay

# Where python3 on the PATH is a version manager's script, that script's own programs run in the runner's tree, too.
PATH = f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"


@pytest.fixture(scope="module")
def assay(tmp_path_factory):
    return Assay(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="module")
def run(assay):
    return assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json",
                 "-f", "fake/honest", "-f", "fake/honest-when-cold", PATH=PATH)


def test_limits_are_measured_once(assay, tmp_path):
    first = assay("limits", "--threads", 1, "--json", ASSAY_CACHE=str(tmp_path))
    assert first.code == 0 and "measuring" in first.err, first.err
    limits = first.document["limits"]
    peaks = {peak["precision"]: peak for peak in limits["peaks"]}
    assert peaks["f32"]["flop_per_s"] > 1e9, "or the reason, on a CPU without kernels"
    assert all(peak["flop_per_s"] or peak["source"] for peak in peaks.values())
    assert [product["library"] for product in peaks["f32"]["products"]] == ["OpenBLAS", "oneDNN"]
    assert peaks["f32"]["flop_per_s"] == max(product["flop_per_s"] or 0 for product in peaks["f32"]["products"])
    for point in limits["bandwidth"]:
        assert len(point["readings"]) >= 7 and point["bytes_per_s"] == max(reading["bytes_per_s"] for reading in point["readings"])
    assert limits["large_pages"] is None or 0 <= limits["large_pages"] <= 1
    assert limits["levels"][-1]["level"] == "DRAM"
    assert limits["levels"][0]["bytes_per_s"] > limits["levels"][-1]["bytes_per_s"] > 1e8
    again = assay("limits", "--threads", 1, "--json", ASSAY_CACHE=str(tmp_path))
    if limits["disturbed"]:
        assert "measuring" in again.err, "what a busy machine seemed to reach is measured again"
    else:
        assert again.document == first.document and "measuring" not in again.err


def test_whoever_is_interrupted_leaves_nobody_measuring(assay, tmp_path):
    process = assay.start("limits", "--threads", 1, ASSAY_CACHE=str(tmp_path))
    assert "measuring" in process.stderr.readline()

    def measuring():
        return subprocess.run(["pgrep", "-f", "limits --measure", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    while not (children := measuring()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    began = time.monotonic()
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() - began < 2, "the child goes on"
        time.sleep(0.05)


def test_a_result_has_its_share_and_parts(run):
    honest = run.result("fake/honest")
    assert honest["verdict"] == "exact", honest["reason"]
    assert 0 < honest["limit"]["share"] < 1 and honest["limit"]["bound"] == "compute"
    assert honest["limit"]["flops"] > 4e7
    assert honest["derived"]["item"] == "tokens" and honest["derived"]["items_per_s"] > 0
    assert honest["memory"]["anonymous_bytes"] + honest["memory"]["file_bytes"] <= honest["peak_bytes"] + 4096
    assert honest["start_s"]["warm"]["total"] > 0 and 0 <= honest["start_s"]["dropped_share"] <= 1
    mapped = honest["footprint"]["mapped"]
    assert mapped["interpreter"]["code_bytes"] > 1_000_000 and mapped["driver"]["bytes"] == 0
    # It asks the reference; a program of a few milliseconds may end between two looks.
    assert set(honest["footprint"]["programs"]) <= {"assay"}
    assert run.document["host"]["limits"]["peaks"]


def test_who_remembers_its_answers_is_wrong(run):
    liar = run.result("fake/honest-when-cold")
    assert liar["verdict"] == "wrong", liar
    assert run.code == 1


def test_limits_that_are_too_low_condemn_nobody_and_are_measured_again(assay, tmp_path):
    assay("limits", ASSAY_CACHE=str(tmp_path))
    [cached] = (tmp_path / "limits").glob("*.json")
    low = json.loads(cached.read_text())
    for figure in [*low["peaks"], *(product for peak in low["peaks"] for product in peak["products"])]:
        figure["flop_per_s"] = figure["flop_per_s"] and figure["flop_per_s"] / 1e5
    low["disturbed"] = False
    cached.write_text(json.dumps(low))
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json", "-f", "fake/honest",
                 ASSAY_CACHE=str(tmp_path), PATH=PATH)
    assert done.code == 0, done.err
    honest = done.result("fake/honest")
    assert honest["verdict"] == "exact" and 0 < honest["limit"]["share"] < 1, honest
    looks = done.document["limits_looks"]
    assert looks and all(look["measured"] for look in looks)
    assert assay("show", "last", "--json").document["limits_looks"] == looks, "each run keeps all its figures"
    assert json.loads(cached.read_text())["peaks"][0]["flop_per_s"] > 10 * low["peaks"][0]["flop_per_s"], "for the runs to come"


def test_files_of_the_footprint_are_listed(assay, run):
    listed = assay("show", run.document["run"], "--files", "--json").document
    paths = [file["path"] for entry in listed["mapped"] for file in entry["mapped"]]
    assert any("libc.so" in path for path in paths)
    text = assay("show", run.document["run"], "--files").out
    assert "interpreter" in text and "fake/honest" in text
