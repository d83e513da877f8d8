"""Two runs against each other: compare, gate, history, report, claims."""

import csv
import io
import json
import shutil
import sqlite3
import struct

import pytest
from program import Assay

CELL = ["-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]
NAMES = ["-f", "fake/honest", "-f", "fake/slow"]


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """The same contestants twice, each run with a label."""
    folder = tmp_path_factory.mktemp("two-runs")
    for label in ("before", "after"):
        done = Assay(folder)("run", *CELL, *NAMES, "--rounds", 6, "--label", label)
        assert done.code == 0, done.err
    return folder / "store.db"


@pytest.fixture
def stored(assay, two_runs, tmp_path):
    shutil.copy(two_runs, tmp_path / "store.db")
    return assay


def change(document, contestant):
    return next(one for one in document["changes"] if one["after"]["contestant"] == contestant)


def slow_down(store, label, variant, factor):
    """Every sample of a contestant in a run takes so many times as long."""
    base = sqlite3.connect(store)
    base.execute("DROP TRIGGER visit_no_UPDATE")
    rows = base.execute("SELECT visit.rowid, samples FROM visit JOIN result ON result.id = visit.result JOIN run ON run.id = result.run "
                        "WHERE run.label = ? AND result.variant = ?", (label, variant)).fetchall()
    assert rows
    for rowid, samples in rows:
        numbers = struct.unpack(f"<{len(samples) // 8}q", samples)
        base.execute("UPDATE visit SET samples = ? WHERE rowid = ?",
                     (struct.pack(f"<{len(numbers)}q", *[int(factor * number) for number in numbers]), rowid))
    base.commit()
    base.close()


def test_runs_are_compared_through_what_both_have(stored):
    done = stored("compare", "before", "after", "--json")
    assert done.code == 0, done.err
    found = change(done.document, "fake/honest@cpu")
    assert found["time"]["paired_by"] == "control" and found["time"]["control"] == "fake/slow@cpu"
    assert 0.5 < found["time"]["ratio"] < 2 and found["time"]["low"] < found["time"]["ratio"] < found["time"]["high"]
    assert 0.3 < found["memory"] < 3 and found["before"]["label"] == "before"
    text = stored("compare", "before", "after")
    assert "fake/honest@cpu" in text.out and "through" in text.err


def test_contestants_are_compared_by_their_newest_results(stored):
    document = stored("compare", "fake/honest", "fake/slow", "--json").document
    found = change(document, "fake/slow@cpu")
    assert found["time"]["comparison"] == "slower" and found["time"]["paired_by"] == "rounds"
    assert found["after"]["label"] == "after"


def test_tables_of_a_comparison(stored):
    rows = list(csv.DictReader(io.StringIO(stored("compare", "before", "last", "--format", "csv").out)))
    assert [row["contestant"] for row in rows] == ["fake/honest@cpu", "fake/slow@cpu"]
    assert stored("compare", "before", "last", "--format", "markdown").out.startswith("| cell")


def test_a_gate_lets_equal_runs_pass_and_stops_a_slower_one(stored, tmp_path):
    arguments = ["gate", "after", "--baseline", "before", "--max", "60%"]
    done = stored(*arguments)
    assert done.code == 0 and "Nothing became worse" in done.err, done.err
    slow_down(tmp_path / "store.db", "after", "honest", 4)
    done = stored(*arguments)
    assert done.code == 1 and "worse than the baseline: fake/honest@cpu" in done.err, done.err
    document = stored(*arguments, "--json").document
    assert document["passed"] is False and document["losses"][0]["where"].startswith("fake/honest@cpu")


def copied(two_runs, folder):
    folder.mkdir()
    shutil.copy(two_runs, folder / "store.db")
    return Assay(folder)


@pytest.fixture(scope="module")
def narrower(two_runs, tmp_path_factory):
    """The two runs, and a third one that was asked for one of their contestants alone."""
    assay = copied(two_runs, tmp_path_factory.mktemp("narrower") / "store")
    assert assay("run", *CELL, "-f", "fake/honest", "--rounds", 6, "--label", "alone").code == 0
    return assay


def test_who_was_not_asked_for_is_a_note(narrower):
    arguments = ["gate", "alone", "--baseline", "before", "--max", "100%"]
    done = narrower(*arguments)
    assert done.code == 0, done.err
    assert "Note: in the baseline and not asked for here: fake/slow@cpu (smollm2-135m inference)." in done.err
    document = narrower(*arguments, "--json").document
    assert document["passed"] is True and [(one["contestant"], one["asked_for"]) for one in document["gone"]] == [("fake/slow@cpu", False)]
    assert "not asked for" not in narrower("gate", "fake/honest", "--baseline", "before", "--max", "100%").err, "a contestant is judged alone"


def alter(store, script):
    base = sqlite3.connect(store)
    triggers = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    base.executescript("".join(f"DROP TRIGGER {name};" for name in triggers) + script)
    base.commit()
    base.close()


SLOW_AFTER = "result.variant = 'slow' AND result.run = (SELECT id FROM run WHERE label = 'after')"


def test_who_was_asked_for_and_has_no_result_fails_the_gate(stored, tmp_path):
    alter(tmp_path / "store.db", f"""DELETE FROM visit WHERE result IN (SELECT id FROM result WHERE {SLOW_AFTER});
        INSERT INTO failure (result, outcome, reason, message, nodes, stderr_tail)
        SELECT id, 'unsupported', 'not_set_up', 'slow is not set up', '[]', '' FROM result WHERE {SLOW_AFTER};""")
    arguments = ["gate", "after", "--baseline", "before", "--max", "100%"]
    done = stored(*arguments)
    assert done.code == 1, done.err
    assert "assay: worse than the baseline: fake/slow@cpu smollm2-135m inference: no result now: slow is not set up" in done.err
    assert "Nothing became worse" not in done.err
    document = stored(*arguments, "--json").document
    assert document["passed"] is False and document["gone"][0]["asked_for"] is True and len(document["losses"]) == 1
    rows = list(csv.DictReader(io.StringIO(stored(*arguments, "--format", "csv").out)))
    assert [row["worse"] for row in rows] == ["", "no result now: slow is not set up"]


def test_a_run_that_ended_before_it_came_to_somebody_fails_the_gate(stored, tmp_path):
    """Its words ask for the contestant, and there is no entry."""
    base = sqlite3.connect(tmp_path / "store.db")
    pieces = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
              if any(column[1] == "result" for column in base.execute(f"PRAGMA table_info({name})"))]
    base.close()
    of_slow = f"(SELECT id FROM result WHERE {SLOW_AFTER})"
    alter(tmp_path / "store.db", "".join(f"DELETE FROM {name} WHERE result IN {of_slow};" for name in pieces) +
          f"DELETE FROM result WHERE {SLOW_AFTER}; DELETE FROM run_end WHERE run = (SELECT id FROM run WHERE label = 'after');")
    done = stored("gate", "after", "--baseline", "before", "--max", "100%")
    assert done.code == 1 and "fake/slow@cpu smollm2-135m inference: no result now: the run ended before it came to it" in done.err, done.err


def test_a_gate_takes_a_file_for_its_baseline(stored, tmp_path):
    file = tmp_path / "before.jsonl"
    assert stored("export", "before", "-o", file).code == 0
    assert stored("gate", "after", "--baseline", file, "--max", "60%").code == 0
    file.write_text(file.read_text()[:-200])
    done = stored("gate", "after", "--baseline", file)
    assert done.code == 4 and len(done.err.splitlines()) == 1, done.err


def test_a_history_is_oldest_first(stored):
    histories = stored("history", "-f", "fake/honest", "--json").document["histories"]
    assert len(histories) == 1 and histories[0]["contestant"] == "fake/honest@cpu" and histories[0]["control"] == "fake/slow@cpu"
    assert [one["label"] for one in histories[0]["occasions"]] == ["before", "after"]
    text = stored("history", "-f", "fake").out
    assert "fake/honest@cpu" in text and "fake/slow@cpu" in text


def test_a_history_marks_what_changed(stored, tmp_path):
    slow_down(tmp_path / "store.db", "after", "honest", 8)
    done = stored("history", "-f", "fake/honest", "--json")
    changed = [one["change"] for one in done.document["histories"][0]["occasions"]]
    assert changed[0] is None and changed[1]["median"] > 3


def test_one_page_of_all_results(stored, tmp_path):
    page = tmp_path / "page.html"
    done = stored("report", "-o", page, "--json")
    assert done.code == 0, done.err
    assert done.document["results"] == 2 and done.document["runs"] == 1, "the newest of each"
    text = page.read_text()
    assert "@ASSAY_DATA@" not in text and text.count("<html") == 1
    assert stored("report", "before", "after", "-o", page, "--json").document["runs"] == 2
    assert stored("report", "-o", "-").out.startswith("<!doctype html>")


def test_claims_say_what_a_test_would_need(stored):
    document = stored("claims", "--json").document
    assert {claim["status"] for claim in document["claims"]} == {"not tested here"}, "nothing is stored at full size"
    assert all(claim["source"] and claim["needs"].startswith("results of ") for claim in document["claims"])
    assert any("on a machine with" in claim["needs"] for claim in document["claims"])
    done = stored("claims", "rust-sise")
    assert done.code == 2 and "rust-size" in done.err


@pytest.mark.parametrize("arguments, hint", [
    (["compare", "before", "nobody"], "'nobody' is no run, label"),
    (["compare", "before", "after", "-m", "other"], "no result of what was asked for"),
    (["history", "-f", "nobody"], "nothing is stored of 'nobody'"),
    (["gate", "fake/honest", "--baseline", "fake/slow"], "no contestant, model and workload in common"),
    (["gate", "--baseline", "nobody"], "'nobody' is no run, label"),
    (["gate"], "--baseline"),
    (["report", "nobody"], "nobody"),
    (["gate", "--baseline", "before", "--max", "much"], "percentage"),
])
def test_what_is_not_there_is_one_clear_line(stored, tmp_path, arguments, hint):
    done = stored(*arguments)
    assert done.code == 2 and hint in done.err and len(done.err.splitlines()) == 1, done.err
    assert not (tmp_path / "assay-report.html").exists()


@pytest.mark.parametrize("arguments", [["compare", "a", "b"], ["history", "-f", "a"], ["gate", "--baseline", "a"], ["report"]])
def test_an_empty_store_is_one_clear_line(assay, arguments):
    done = assay(*arguments)
    assert done.code == 2 and len(done.err.splitlines()) == 1, done.err


def test_a_report_that_fails_leaves_the_file_there(assay, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("before")
    assert assay("report", "-o", page).code == 2
    assert page.read_text() == "before"
    assert json.loads(assay("claims", "--json").out)["claims"], "claims are there without any result"
