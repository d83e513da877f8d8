"""Outputs files that were links to others, or had a second name under which they could still be written, were taken for the answer."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

REASONS = {"linked-tensor-file": "symbolic link", "hard-linked-tensor-file": "2 names", "pipe-as-tensor-file": "not a regular file"}


@pytest.mark.parametrize("variant", REASONS)
def test_outputs_are_a_plain_file_or_wrong(tmp_path, variant):
    done = Assay(tmp_path)("judge", "--json", "-m", "smollm2-135m", "-w", "inference", "-f", f"fake/{variant}", timeout=120)
    (trial,) = done.document["results"]
    assert done.code == 1 and trial["verdict"] == "wrong" and REASONS[variant] in trial["reason"], trial
