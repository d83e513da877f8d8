"""The committed parity results: their ratios follow from their samples, the table from them, and no runner is slower than the code it is
compared with, beyond what the table lists as open."""

import os
import statistics
from pathlib import Path

import interleave
import pytest
import results
import table

FOUND = table.found()
PROGRAM = Path(os.environ.get("ASSAY_BINARY", Path(__file__).resolve().parents[2] / "build/release/assay"))


@pytest.fixture(params=FOUND)
def name(request):
    return request.param


def test_the_required_pairs_are_there_at_full_size():
    full = {name for name, result in FOUND.items() if result["size"] == "full"}
    assert table.REQUIRED and table.REQUIRED <= full


def test_the_ratio_follows_from_the_samples(name):
    result = FOUND[name]
    assert results.ratio(PROGRAM, result["blocks_ns"], *table.sides(result)) == pytest.approx(result["ratio"], rel=1e-9)
    visits = [visit for block in result["blocks_ns"] for side in block.values() for visit in side]
    assert result["ratio"]["rounds"] >= 6 and all(len(visit) >= least_steps(visit) and statistics.median(visit) > 0 for visit in visits)


def least_steps(visit):
    """Of a visit; one where a step takes seconds."""
    return 1 if statistics.median(visit) > interleave.LONG_STEP * 1e9 else 3


def test_the_interval_ends_within_the_margin_except_where_it_is_open(name):
    assert (FOUND[name]["ratio"]["high"] > table.MOST_RATIO) == (name in table.OPEN)


def test_what_is_open_is_there():
    assert table.OPEN <= set(FOUND)


def test_a_verdict_says_what_the_interval_says():
    def said(low, high):
        return table.verdict({"ratio": {"low": low, "high": high}, "blocks_ns": [{}] * 3})
    assert said(0.9, 0.99) == "faster" and said(0.9, 1.05) == "parity" and said(1.01, 1.04) == "parity"
    assert said(0.99, 1.08) == "open: up to 8.0 % slower, of 3 launches" and said(1.01, 1.08) == "open: slower"


def test_the_readme_shows_the_committed_results():
    page = (table.HERE / "README.md").read_text()
    assert table.into(page) == page, "run bench/parity/table.py and commit"
