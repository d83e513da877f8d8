"""What the documents show is what the committed results say."""

import subprocess
import sys
from pathlib import Path

import generate


def test_documents_are_generated_from_the_committed_results():
    done = subprocess.run([sys.executable, Path(generate.__file__), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, "run docs/results/generate.py and commit\n" + done.stdout + done.stderr


def test_there_are_results_and_every_sample_is_kept():
    files = list(Path(generate.__file__).parent.glob("*.json"))
    assert files
    for path in files:
        document = generate.json.loads(path.read_text())
        timed = [result for result in document["results"] if result["time_ms"]]
        assert timed and all(sum(len(visit["samples_ns"]) for visit in result["visits"]) == result["time_ms"]["samples"] for result in timed)


def test_a_wrong_time_is_never_shown():
    result = {"contestant": "liar/v@cpu", "time_ms": {"median": 1.0, "low": None, "high": None}, "verdict": "wrong", "outcome": "ok",
              "reason": "all zeros", "error": None, "ratio": None}
    assert "1" not in generate.row(result)[1] and "all zeros" in generate.row(result)[1]
