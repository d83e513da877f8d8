"""The committed parity results: their ratios follow from their samples, the table from them, and no runner is slower than the code it is
compared with."""

import json
import statistics

import interleave
import pytest
import table

RESULTS = sorted((table.HERE / "results").glob("*.json"))


@pytest.fixture(params=RESULTS, ids=lambda path: path.stem)
def result(request):
    return json.loads(request.param.read_text())


def test_the_required_pairs_are_there_at_full_size():
    found = {path.stem for path in RESULTS if json.loads(path.read_text())["size"] == "full"}
    assert {"pytorch-prefill", "pytorch-training", "onnx_runtime-prefill", "onnx_runtime-decode", "onnx_runtime-training",
            "llama_cpp-prefill", "llama_cpp-decode", "llama_cpp-decode-llama-bench"} <= found


def test_the_ratio_follows_from_the_samples(result):
    ours, theirs = table.sides(result)
    assert interleave.ratio(result["blocks_ns"], ours, theirs) == result["ratio"]
    assert interleave.ratio(result["blocks_ns"], ours, theirs, min) == result["ratio_of_lowest"]
    visits = [visit for block in result["blocks_ns"] for side in block.values() for visit in side]
    assert result["ratio"]["rounds"] >= 6 and all(len(visit) >= 3 and statistics.median(visit) > 0 for visit in visits)


def test_our_runner_is_not_slower_beyond_the_interval(result):
    assert result["ratio"]["low"] <= 1, result["case"]


def test_the_readme_shows_the_committed_results():
    assert table.table() in (table.HERE / "README.md").read_text(), "run bench/parity/table.py and commit"
