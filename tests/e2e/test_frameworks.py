"""Every real framework on the tiny model, all workloads, through the whole path: set-up, cold launch, gate, rounds, store."""

import pytest

WORKLOADS = ["inference", "latency", "training"]


CONTESTANTS = {"pytorch/eager": WORKLOADS, "pytorch/compile": WORKLOADS, "onnxruntime/default": ["inference", "latency"],
               "onnxruntime/gradient-graph": ["training"]}
CELLS = [(contestant, workload) for contestant, workloads in CONTESTANTS.items() for workload in workloads]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One round: compiling takes most of the time, and whether answers stay right over blocks is seen below without it."""
    from program import Assay
    return Assay(tmp_path_factory.mktemp("frameworks"))("run", "-m", "smollm2-135m", "--size", "tiny", "-f", "pytorch", "-f", "onnxruntime",
                                                       "--rounds", 1, "--json", timeout=1100)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    from program import Assay
    return Assay(tmp_path_factory.mktemp("measured"))("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "pytorch/eager",
                                                     "-f", "onnxruntime/default", "--rounds", 6, "--json", timeout=600)


@pytest.mark.parametrize("contestant, workload", CELLS)
def test_every_contestant_is_exact_in_every_workload(run, contestant, workload):
    check(run.result(contestant, workload), rounds=1)


@pytest.mark.parametrize("contestant", ["pytorch/eager", "onnxruntime/default"])
def test_rounds_over_blocks_give_intervals(measured, contestant):
    result = measured.result(contestant, "inference")
    check(result, rounds=6)
    assert 0 < result["time_ms"]["low"] <= result["time_ms"]["median"] <= result["time_ms"]["high"]
    assert result["ratio"]["low"] <= result["ratio"]["median"] <= result["ratio"]["high"]


def check(result, rounds):
    assert result["outcome"] == "ok", result["reason"]
    assert result["verdict"] == "exact", result["reason"]
    assert result["time_ms"]["rounds"] == rounds and result["time_ms"]["samples"] >= 3 * rounds
    assert result["time_ms"]["median"] > 0
    start = result["start_s"]
    assert start["cold"] >= start["import"] + start["load"] + start["prepare"] - 0.05
    assert result["peak_bytes"] > 20e6 and result["footprint_bytes"] > 10e6
    assert result["version"]


def test_the_run_succeeds_and_names_everything(run):
    assert run.code == 0, run.err
    document = run.document
    assert document["complete"] and document["host"]["cores"] >= 1
    assert {f"graph smollm2-135m/tiny/{workload}" for workload in WORKLOADS} <= set(document["hashes"])
