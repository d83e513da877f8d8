"""Where Meganeura's own operators or gradients are wrong (docs/findings.md), the runner composes others: the smallest graph of each is exact."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2] / "tests/conformance"), str(HERE.parents[2] / "tests")]

from cases import SETS, Case  # noqa: E402
from drive import PROGRAM  # noqa: E402
from smallest import drawn  # noqa: E402


@pytest.mark.parametrize("path", sorted((HERE / "gone_round").glob("*.json")), ids=lambda path: path.stem)
def test_what_is_gone_round_is_exact(path, tmp_path):
    graph, random = json.loads(path.read_text()), numpy.random.default_rng(0)
    sets = [drawn(graph, "input", random) for _ in range(SETS)]
    Case(path.stem, "", graph, sets, drawn(graph, "parameter", random)).write(tmp_path / "graphs")
    words = [PROGRAM, "judge", "--json", "--graphs", tmp_path / "graphs", "-f", "meganeura"]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    (trial,) = json.loads(done.stdout)["results"]
    assert (trial["outcome"], trial["verdict"]) == ("ok", "exact"), trial["reason"]
