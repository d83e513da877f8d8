"""Every real framework on the tiny model, all workloads, through the whole path: set-up, cold launch, gate, rounds, store."""

import pytest

WORKLOADS = ["inference", "latency", "training"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from program import Assay
    return Assay(tmp_path_factory.mktemp("frameworks"))("run", "-m", "smollm2-135m", "--size", "tiny", "-f", "pytorch", "-f", "onnxruntime",
                                                       "--rounds", 6, "--json", timeout=1100)


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("contestant", ["pytorch/eager", "pytorch/compile"])
def test_pytorch_is_exact_everywhere(run, contestant, workload):
    check(run.result(contestant, workload))


@pytest.mark.parametrize("workload", ["inference", "latency"])
def test_onnxruntime_is_exact(run, workload):
    check(run.result("onnxruntime/default", workload))


def test_onnxruntime_trains_on_the_gradient_graph(run):
    check(run.result("onnxruntime/gradient-graph", "training"))


def check(result):
    assert result["outcome"] == "ok", result["reason"]
    assert result["verdict"] == "exact", result["reason"]
    assert result["time_ms"]["rounds"] == 6 and result["time_ms"]["samples"] >= 18
    assert 0 < result["time_ms"]["low"] <= result["time_ms"]["median"] <= result["time_ms"]["high"]
    assert result["ratio"]["low"] <= result["ratio"]["median"] <= result["ratio"]["high"]
    start = result["start_s"]
    assert start["cold"] >= start["import"] + start["load"] + start["prepare"] - 0.05
    assert result["peak_bytes"] > 20e6 and result["footprint_bytes"] > 10e6
    assert result["version"]


def test_the_run_succeeds_and_names_everything(run):
    assert run.code == 0, run.err
    document = run.document
    assert document["complete"] and document["host"]["cores"] >= 1
    assert {f"graph smollm2-135m/tiny/{workload}" for workload in WORKLOADS} <= set(document["hashes"])
