"""What the machine can do, what each result makes of it, and what a framework's footprint counts."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from program import CACHE, Assay

# Where python3 on the PATH is a version manager's script, that script's own programs run in the runner's tree, too.
PATH = f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"


@pytest.fixture(scope="module")
def assay(tmp_path_factory):
    return Assay(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="module")
def run(assay):
    return assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json",
                 "-f", "fake/honest", "-f", "fake/honest-when-cold", PATH=PATH)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def first(assay, cache):
    """The limits of one thread, measured into an empty cache."""
    return assay("limits", "--threads", 1, "--json", ASSAY_CACHE=str(cache))


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def seal(path):
    """As src/base/seal.cc does."""
    digest = ctypes.CDLL("libxxhash.so.0").XXH3_128bits
    digest.argtypes, digest.restype = [ctypes.c_char_p, ctypes.c_size_t], Hash128
    data = path.read_bytes()
    sized = len(data).to_bytes(8, "little") + data
    hashed = digest(sized, len(sized))
    path.with_name(path.name + ".seal").write_text(f"{hashed.high:016x}{hashed.low:016x} {len(data)}\n")


def rewrite(cached, change):
    """Changes kept limits; returns them."""
    limits = json.loads(cached.read_text())
    change(limits)
    cached.write_text(json.dumps(limits))
    seal(cached)
    return limits


def test_limits_are_measured_once(assay, first, cache):
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
    again = assay("limits", "--threads", 1, "--json", ASSAY_CACHE=str(cache))
    assert again.document == first.document and again.err == ""


@pytest.mark.parametrize("disturbed, minutes, measured", [(True, 0, False), (True, 20, True), (False, 20, False)])
def test_what_a_busy_machine_seemed_to_reach_is_measured_again(assay, first, tmp_path, cache, disturbed, minutes, measured):
    """By the first who asks a quarter of an hour later."""
    shutil.copytree(cache / "limits", tmp_path / "limits")
    [cached] = (tmp_path / "limits").glob("*.json")
    rewrite(cached, lambda limits: limits.update(disturbed=disturbed))
    os.utime(cached, (time.time() - 60 * minutes,) * 2)
    asked = assay.start("limits", "--threads", 1, ASSAY_CACHE=str(tmp_path))
    told = asked.stderr.readline()  # who measures says so first; the figures themselves are those of the test before
    asked.send_signal(signal.SIGINT)
    asked.communicate(timeout=60)
    assert ("measuring" in told) == measured and "damaged" not in told


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


def test_limits_that_are_too_low_condemn_nobody_and_are_measured_again(assay, run, tmp_path):
    del run  # for which they were measured: they are in the cache of all
    machines = [path for path in (CACHE / "limits").glob("*.json") if json.loads(path.read_text())["threads"] == os.cpu_count()]
    kept = max(machines, key=lambda path: json.loads(path.read_text())["measured"])
    (tmp_path / "limits").mkdir()
    cached = Path(shutil.copy(kept, tmp_path / "limits"))

    def lower(limits):
        for figure in [*limits["peaks"], *(product for peak in limits["peaks"] for product in peak["products"])]:
            figure["flop_per_s"] = figure["flop_per_s"] and figure["flop_per_s"] / 1e5
        limits["disturbed"] = False

    low = rewrite(cached, lower)
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json", "-f", "fake/honest",
                 ASSAY_CACHE=str(tmp_path), PATH=PATH)
    assert done.code == 0 and "damaged" not in done.err, done.err
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
