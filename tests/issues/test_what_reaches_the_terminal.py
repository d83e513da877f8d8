"""Escape sequences and characters that turn or hide text reached the terminal: from a stored command, a model's folder, a framework's file.
A damaged run was shown with "-" for its figures, and `--resume ""` started a whole run."""

import sqlite3
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

BAD = ["\033", "\u202e", "\u2066", "\u200b", "\u2028"]


@pytest.fixture
def stored(tmp_path):
    assay = Assay(tmp_path)
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "-f", "fake/honest")
    assert done.code == 0, done.err
    store = sqlite3.connect(tmp_path / "store.db")
    for (trigger,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.execute(f"DROP TRIGGER {trigger}")  # the store itself only ever appends
    return assay, store


def test_a_stored_text_has_no_power(stored):
    assay, store = stored
    with store:
        store.execute("UPDATE run SET command = ?", ["assay run " + "".join(BAD) + "]0;title\a"])
        store.execute("UPDATE result SET model = 'm' || ?", ["".join(BAD)])
    for arguments in (["show"], ["show", "last"], ["show", "last", "--baseline", "\033[2J\u202e"]):
        done = assay(*arguments)
        for bad in BAD:
            assert bad not in done.out + done.err, arguments


def test_a_damaged_run_says_so(stored):
    assay, store = stored
    with store:
        store.execute("UPDATE visit SET samples = x'00'")
    done = assay("show", "last")
    assert done.code == 4 and "the run is damaged" in done.err and not done.out, done


@pytest.mark.parametrize("arguments", [["run", "--resume", ""], ["run", "--weights", ""], ["show", "last", "--baseline", ""], ["run", "-m", ""],
                                       ["run", "-f", ""], ["show", ""]])
def test_an_empty_text_is_no_argument(tmp_path, arguments):
    done = Assay(tmp_path)(*arguments, timeout=60)
    assert done.code == 2 and done.err, done


