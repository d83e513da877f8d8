"""Any compute type that a runner declared was believed: zeros in "f64" or "banana" were `unchecked`, raced and could be the fastest.
And a shorter type, or one that failed, stood in one ranking with exact float32."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

VARIANTS = ["zeros-as-f64", "zeros-as-banana", "exact-as-bf16", "bf16", "honest", "unknown-device", "extra-output"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    assay = Assay(tmp_path_factory.mktemp("types"))
    contestants = [word for variant in VARIANTS for word in ("-f", f"fake/{variant}")]
    return assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json", *contestants)


def test_zeros_in_a_longer_type_are_judged_as_float32(run):
    result = run.result("fake/zeros-as-f64")
    assert (result["verdict"], result["time_ms"], result["fastest"]) == ("wrong", None, None), result
    assert "all zeros" in result["reason"]
    assert run.code == 1


def test_a_type_that_there_is_not_is_a_fault(run):
    result = run.result("fake/zeros-as-banana")
    assert (result["outcome"], result["verdict"], result["time_ms"]) == ("failed", "unchecked", None), result
    assert "unknown compute type 'banana'; known are f32, tf32, bf16, f16, f64" in result["reason"]


def test_a_device_that_nobody_knows_is_a_fault(run):
    result = run.result("fake/unknown-device")
    assert (result["outcome"], result["time_ms"]) == ("failed", None), result
    assert "unknown device 'npu0'; known are cpu, cuda" in result["reason"]


def test_a_tensor_that_nobody_asked_for_is_wrong(run):
    result = run.result("fake/extra-output")
    assert result["verdict"] == "wrong" and "bonus" in result["reason"] and "nobody asked for" in result["reason"], result


def test_a_shorter_type_is_ranked_apart_however_well_it_answers(run):
    for variant in ("exact-as-bf16", "bf16"):
        result = run.result(f"fake/{variant}")
        assert (result["verdict"], result["ranking"]) == ("reduced", "reduced"), result
        assert result["ratio"]["to"] == "fake/exact-as-bf16@cpu", "the first of its class"
    honest = run.result("fake/honest")
    assert (honest["ranking"], honest["ratio"]["to"]) == ("exact", "fake/honest@cpu"), honest
