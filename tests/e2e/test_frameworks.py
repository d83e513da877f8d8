"""Every real framework on the tiny model, all workloads, through the whole path: set-up, cold launch, gate, rounds, store."""

import pytest

from program import Assay

WORKLOADS = ["inference", "latency", "training"]
# torch.compile compiles anew in every cold launch, for half a minute: one of its workloads goes the whole way, the gate has the others.
COMPILED = "pytorch/compile"
CONTESTANTS = {"pytorch/eager": WORKLOADS, COMPILED: ["latency"], "onnxruntime/default": ["inference", "latency"],
               "onnxruntime/gradient-graph": ["training"]}
CELLS = [(contestant, workload) for contestant, workloads in CONTESTANTS.items() for workload in workloads]
AT_THE_GATE = ["inference", "training"]
# Intervals are the core's work: two contestants that start quickly show them.
OVER_BLOCKS = ["onnxruntime/default", "ggml/default"]


def run_tiny(folder, *words):
    """One round: whether answers stay right over blocks is seen below."""
    return Assay(folder)("run", "-m", "smollm2-135m", "--size", "tiny", *words, "--rounds", 1, "--json", timeout=1100)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_tiny(tmp_path_factory.mktemp("frameworks"), "-f", "pytorch/eager", "-f", "onnxruntime")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return run_tiny(tmp_path_factory.mktemp("compiled"), "-f", COMPILED, "-w", "latency")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    words = [word for workload in AT_THE_GATE for word in ("-w", workload)]
    return Assay(tmp_path_factory.mktemp("judged"))("gate", "-m", "smollm2-135m", "--size", "tiny", "-f", COMPILED, *words, "--json")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    words = [word for contestant in OVER_BLOCKS for word in ("-f", contestant)]
    return Assay(tmp_path_factory.mktemp("measured"))("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", *words, "--rounds", 6,
                                                     "--json", timeout=600)


@pytest.mark.parametrize("contestant, workload", CELLS)
def test_every_contestant_is_exact_in_every_workload(run, contestant, workload, request):
    found = request.getfixturevalue("compiled") if contestant == COMPILED else run
    result = found.result(contestant, workload)
    check_times(result, rounds=1)
    check_launch(result)


@pytest.mark.parametrize("workload", AT_THE_GATE)
def test_compiled_is_exact_in_the_other_workloads(judged, workload):
    found = [trial for trial in judged.document["results"] if trial["workload"] == workload]
    assert [trial["verdict"] for trial in found] == ["exact"], [trial["reason"] for trial in found] or judged.err


@pytest.mark.parametrize("contestant", OVER_BLOCKS)
def test_rounds_over_blocks_give_intervals(measured, contestant):
    result = measured.result(contestant, "inference")
    check_times(result, rounds=6)
    assert 0 < result["time_ms"]["low"] <= result["time_ms"]["median"] <= result["time_ms"]["high"]
    assert result["ratio"]["low"] <= result["ratio"]["median"] <= result["ratio"]["high"]


def check_times(result, rounds):
    assert result["outcome"] == "ok", result["reason"]
    assert result["verdict"] == "exact", result["reason"]
    assert result["time_ms"]["rounds"] == rounds <= result["time_ms"]["samples"]  # a question may come after the first step
    assert result["time_ms"]["median"] > 0


def check_launch(result):
    start = result["start_s"]
    assert start["cold"] >= start["import"] + start["load"] + start["prepare"] - 0.05
    assert result["peak_bytes"] > 20e6 and result["footprint_bytes"] > 10e6
    assert result["version"]


def test_the_run_succeeds_and_names_everything(run):
    assert run.code == 0, run.err
    document = run.document
    assert document["complete"] and document["host"]["cores"] >= 1
    assert {f"graph smollm2-135m/tiny/{workload}" for workload in WORKLOADS} <= set(document["hashes"])
