"""Every contestant on the tiny model through the whole path: set-up, cold launch, gate, rounds, store."""

import json
import os
import subprocess
import tomllib

import pytest
from conftest import CONTESTANTS
from contestants import PROGRAM, is_first_of_its_form

MODEL = "smollm2-135m"
# Each contestant goes the whole way in one workload, the shortest that it runs; test_models.py has its answers in all. A variant that
# compiles for half a minute in every cold launch goes it with --full.
WORKLOADS = ["latency", "training"]
CELLS = [(one, next(workload for workload in WORKLOADS if one.runs(workload))) for one in CONTESTANTS
         if is_first_of_its_form(one, CONTESTANTS)]
OTHERS = [one for one in CONTESTANTS if not is_first_of_its_form(one, CONTESTANTS)]


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
def runs(tmp_path_factory):
    """By workload; one round: whether answers stay right over blocks is seen below."""
    chosen = {workload: [one for one, own in CELLS if own == workload] for workload in WORKLOADS}
    return {workload: Run(tmp_path_factory.mktemp(workload), chosen[workload], "-w", workload, "--rounds", "1")
            for workload in WORKLOADS if chosen[workload]}


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_every_contestant_is_exact(runs, contestant, workload):
    result = runs[workload].result(contestant, workload)
    check_times(result, rounds=1)
    check_launch(result, contestant)
    check_description(result)


@pytest.mark.full
@pytest.mark.parametrize("contestant", OTHERS, ids=lambda contestant: contestant.name)
def test_every_other_variant_is_exact(contestant, tmp_path):
    workload = next(workload for workload in WORKLOADS if contestant.runs(workload))
    result = Run(tmp_path, [contestant], "-w", workload, "--rounds", "1").result(contestant, workload)
    check_times(result, rounds=1)
    check_launch(result, contestant)


def test_a_run_succeeds_and_names_everything(runs):
    for workload, run in runs.items():
        assert run.code == 0, run.err
        assert run.document["complete"] and run.document["host"]["cores"] >= 1
        assert f"graph {MODEL}/tiny/{workload}" in run.document["hashes"]


@pytest.mark.full
def test_rounds_over_blocks_give_intervals(runs, tmp_path):
    """Intervals are the core's work: the two contestants that start quickest show them."""
    starts = {one: runs[workload].result(one, workload)["start_s"]["cold"] for one, workload in CELLS if one.runs("inference")}
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
