"""The figures of bench/alarms follow from what is kept, and the page says them."""

import json
from pathlib import Path

import main as alarms

KEPT = Path(alarms.__file__).parent / "results.json"


def pair(*losses):
    return {"before": "a", "after": "b", "losses": list(losses), "time": {"ratio": 1.0, "low": 0.98, "high": 1.02}}


def test_alarms_and_finds_are_counted():
    kept = {"model": "minilm-l6", "size": "full", "budget": "60s", "target": 2.0, "max": 2.0, "host": {"cpu": "x", "cpu_design": "y", "cores": 2}, "runs": [{}] * 3,
            "same": [pair(), pair("9 % more memory"), pair(), pair()], "slower": [pair("a step is 5.0 % slower"), pair("9 % more memory")]}
    text = alarms.summary(kept)
    assert "of 4 pairs of equal runs 1 (25.0 %) raised an alarm" in text, "whatever the alarm is about"
    assert "of 2 pairs in which the step was 5 % slower it was found in 1 (50.0 %)" in text, "an alarm about something else finds nothing"


def test_kinds_of_runs_are_spread():
    kinds = alarms.interleaved(21, 10)
    assert len(kinds) == 31 and sum(kinds) == 10
    assert max(len(run) for run in "".join("s" if slow else "c" for slow in kinds).split("s")) <= 3


def test_the_page_says_what_was_kept():
    """And no figure stands there that was not measured."""
    page = (alarms.ROOT / "docs/method.md").read_text()
    text = alarms.summary(json.loads(KEPT.read_text())) if KEPT.exists() else "Not measured yet.\n"
    assert alarms.into(page, text) == page
