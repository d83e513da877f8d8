"""What the documents show is what the committed results say."""

import subprocess
import sys
from pathlib import Path

import generate


def test_documents_are_generated_from_the_committed_results():
    done = subprocess.run([sys.executable, Path(generate.__file__), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, "run docs/results/generate.py and commit\n" + done.stdout + done.stderr


def test_there_are_results_and_every_sample_is_kept():
    files = list(Path(generate.__file__).parent.rglob("*.json"))
    assert files
    for path in files:
        document = generate.json.loads(path.read_text())
        timed = [result for result in document["results"] if result["time_ms"]]
        assert timed or all(result["reason"] for result in document["results"]), path
        assert all(sum(len(visit["samples_ns"]) for visit in result["visits"]) == result["time_ms"]["samples"] for result in timed)


def test_a_wrong_time_is_never_shown():
    result = {"contestant": "liar/v@cpu", "time_ms": {"median": 1.0, "low": None, "high": None}, "verdict": "wrong", "outcome": "ok",
              "reason": "all zeros", "error": None, "ratio": None}
    assert "1" not in generate.row(result)[2] and "all zeros" in generate.row(result)[2]


def test_what_failed_is_in_no_ranking():
    """Two that had failed were once committed as perhaps the fastest."""
    for path in Path(generate.__file__).parent.rglob("*.json"):
        for result in generate.json.loads(path.read_text())["results"]:
            if result["outcome"] == "ok" and result["verdict"] in generate.CLASSES:
                continue
            ranked = {key: result[key] for key in ("fastest", "ratio", "reached_target", "half_width") if result[key] is not None}
            assert not ranked, (path.name, result["contestant"], result["workload"])


def test_no_ratio_is_to_one_that_failed_or_is_of_another_class():
    for path in Path(generate.__file__).parent.rglob("*.json"):
        results = generate.json.loads(path.read_text())["results"]
        for result in results:
            if not result["ratio"]:
                continue
            to = [other for other in results if (other["contestant"], other["workload"]) == (result["ratio"]["to"], result["workload"])]
            assert [(one["outcome"], one["verdict"]) for one in to] == [("ok", result["verdict"])], (path.name, result["contestant"])


def result_of(name, verdict, median, baseline):
    return {"contestant": name, "workload": "inference", "outcome": "ok", "verdict": verdict, "time_ms": {"median": median, "low": None, "high": None},
            "ratio": {"to": baseline, "median": 1.0, "low": None, "high": None, "comparison": "none", "margin": 0.03},
            "place": {"number": 1, "shared": True}, "error": None, "start_s": {"cold": 1.0}, "peak_bytes": None,
            "footprint_bytes": None}


def test_classes_are_ranked_apart():
    results = [result_of("short", "reduced", 1.0, "short"), result_of("b", "exact", 20.0, "a"), result_of("a", "exact", 10.0, "a")]
    assert [result["contestant"] for result in generate.results({"results": results}, "inference")] == ["a", "b", "short"]
    table = generate.table({"results": results}, "inference")
    assert table.endswith("Ranked apart: exact, ratio to a; reduced, ratio to short.")


def test_ratios_say_what_they_mean():
    def ratio(**said):
        return generate.interval({"to": "a", "median": 1.1, "low": 0.9, "high": 1.3, "margin": 0.03} | said, "b")
    assert ratio(comparison="slower") == "1.10 [0.90, 1.30] slower"
    assert ratio(comparison="undecided") == "1.10 [0.90, 1.30] not told apart (±18 %)"
    assert ratio(comparison="equal") == "1.10 [0.90, 1.30] equal within 3 %"
    assert ratio(comparison="none", low=None, high=None) == "1.10 too few rounds"
    assert generate.interval({"to": "b"}, "b") == "1"
    assert [generate.place({"place": place}) for place in (None, {"number": 1, "shared": True}, {"number": 3, "shared": False})] == ["?", "1=", "3"]


def test_of_a_workload_the_newest_run_with_intervals_is_shown():
    def document(started, low, *workloads):
        return {"host": {"cpu": "x"}, "threads": 2, "started": started,
                "results": [{"model": "m", "size": "full", "workload": workload, "time_ms": {"low": low}} for workload in workloads]}
    shown = generate.newest_of_each_cell({"a": document("2026-01", 1.0, "inference", "training"), "b": document("2026-02", 1.0, "training"),
                                          "c": document("2025-12", 1.0, "training"), "d": document("2026-03", None, "training")})
    assert {name: [result["workload"] for result in one["results"]] for name, one in shown.items()} == {"a": ["inference"], "b": ["training"]}
