"""`assay judge --mutants` took a crash on a mutant for a refusal, accepted the outputs of another input set than the last step's, and ended
with 0 when a contestant failed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402


def gate(folder, variant, *options):
    return Assay(folder)("judge", "--json", "-m", "smollm2-135m", "-w", "inference", "-f", f"fake/{variant}", *options)


def test_a_mutant_that_is_not_answered_is_not_refused(tmp_path):
    done = gate(tmp_path, "crash-at-third-load", "--mutants")
    assert done.code == 3, done.err
    trials = done.document["results"]
    lost = [trial for trial in trials if not trial["answered"]]
    assert lost and all(trial["outcome"] == "crashed" and trial["verdict"] == "unchecked" for trial in lost)
    text = Assay(tmp_path)("judge", "-m", "smollm2-135m", "-w", "inference", "-f", "fake/crash-at-third-load", "--mutants")
    assert text.code == 3 and "not answered" in text.out


def test_outputs_of_another_set_are_a_failure(tmp_path):
    done = gate(tmp_path, "wrong-set")
    assert done.code == 3, done.err
    (trial,) = done.document["results"]
    assert trial["outcome"] == "failed" and "outputs of input set 1 where set 0" in trial["reason"], trial


def test_a_contestant_that_fails_is_no_success(tmp_path):
    done = gate(tmp_path, "crash-at-load")
    assert done.code == 3, done.err
