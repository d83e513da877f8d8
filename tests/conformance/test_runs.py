"""Every contestant on the tiny model through the whole path: set-up, cold launch, gate, rounds, store."""

import json
import os
import subprocess
import tomllib

import pytest
from conftest import CONTESTANTS
from contestants import PROGRAM, is_first_of_its_form

MODEL = "smollm2-135m"
WORKLOADS = ["inference", "latency", "training"]
# A variant that is not the first of its form may compile for half a minute in every cold launch: one workload goes the whole way.
FIRST = [one for one in CONTESTANTS if is_first_of_its_form(one, CONTESTANTS)]
CELLS = [(one, workload) for one in CONTESTANTS for workload in (WORKLOADS if one in FIRST else ["latency"]) if one.runs(workload)]


class Run:
    """One `assay run` at tiny size with a store of its own."""

    def __init__(self, folder, contestants, *words):
        names = [word for one in contestants for word in ("-f", one.name.split("@")[0])]
        done = subprocess.run([PROGRAM, "run", "-m", MODEL, "--size", "tiny", *names, *words, "--json"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=1100, env=os.environ | {"ASSAY_STORE": str(folder / "store.db")})
        self.code, self.err, self.document = done.returncode, done.stderr, json.loads(done.stdout or "{}")

    def result(self, contestant, workload):
        found = [result for result in self.document["results"] if (result["contestant"], result["workload"]) == (contestant.name, workload)]
        assert len(found) == 1, self.err
        return found[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """One round: whether answers stay right over blocks is seen below."""
    return Run(tmp_path_factory.mktemp("whole"), FIRST, "--rounds", "1")


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("others"), [one for one in CONTESTANTS if one not in FIRST], "-w", "latency", "--rounds", "1")


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_every_contestant_is_exact_in_every_workload(request, contestant, workload):
    result = request.getfixturevalue("whole" if contestant in FIRST else "others").result(contestant, workload)
    check_times(result, rounds=1)
    check_launch(result, contestant)
    check_description(result)


def test_the_run_succeeds_and_names_everything(whole):
    assert whole.code == 0, whole.err
    assert whole.document["complete"] and whole.document["host"]["cores"] >= 1
    assert {f"graph {MODEL}/tiny/{workload}" for workload in WORKLOADS} <= set(whole.document["hashes"])


def test_rounds_over_blocks_give_intervals(whole, tmp_path):
    """Intervals are the core's work: the two contestants that start quickest show them."""
    starts = {one: whole.result(one, "inference")["start_s"]["cold"] for one in FIRST if one.runs("inference")}
    quick = sorted(starts, key=starts.get)[:2]
    measured = Run(tmp_path, quick, "-w", "inference", "--rounds", "6")
    for one in quick:
        result = measured.result(one, "inference")
        check_times(result, rounds=6)
        assert 0 < result["time_ms"]["low"] <= result["time_ms"]["median"] <= result["time_ms"]["high"]
        assert result["ratio"]["low"] <= result["ratio"]["median"] <= result["ratio"]["high"]


def check_times(result, rounds):
    assert result["outcome"] == "ok", result["reason"]
    assert result["verdict"] == "exact", result["reason"]
    assert result["time_ms"]["rounds"] == rounds <= result["time_ms"]["samples"]  # a question may come after the first step
    assert result["time_ms"]["median"] > 0


def check_launch(result, contestant):
    start = result["start_s"]
    assert start["cold"] >= start["import"] + start["load"] + start["prepare"] - 0.05
    interpreted = tomllib.loads((contestant.folder / "framework.toml").read_text())["language"] == "Python"
    assert result["peak_bytes"] > (20e6 if interpreted else 2e6) and result["footprint_bytes"] > (10e6 if interpreted else 1e6)
    assert result["version"]


def check_description(result):
    """What the runner says of itself reaches the reader."""
    assert result["runner"]["framework"] and result["runner"]["key"]
