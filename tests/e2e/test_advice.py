"""Which one to take: at the end of a run, and from everything that is stored."""

import csv
import io
import re
import shutil
import sqlite3

import pytest
from program import Assay
from suites import frameworks

CELL = ["-m", "smollm2-135m", "--size", "tiny"]
NAMES = ["-f", "fake/honest", "-f", "fake/slow", "-f", "fake/zeros"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Six rounds of one that is right and quick, one that is right and slow; one that is wrong has none."""
    folder = tmp_path_factory.mktemp("measured")
    done = Assay(folder)("run", *CELL, "-w", "inference", *NAMES, "--rounds", 6)
    assert done.code == 1, done.err
    return folder / "store.db", done


@pytest.fixture
def stored(assay, measured, tmp_path):
    store, assay.said = measured
    shutil.copy(store, tmp_path / "store.db")
    return assay


def advice(done):
    assert len(done.document["advice"]) == 1, done.err
    return done.document["advice"][0]


def test_a_run_ends_with_the_answer(stored):
    text = stored.said.out
    assert re.search(r"smollm2-135m inference: take fake/honest@cpu, .* a step; it is faster than fake/slow@cpu\.", text), text
    assert "Next comes fake/slow@cpu" in text and "Without a time that counts: fake/zeros@cpu (wrong)." in text
    assert f"Not tested: {', '.join(frameworks())};" in text
    assert "take fake/honest@cpu" in stored("show", "last").out


def test_advice_is_never_over_one_that_is_wrong(stored):
    done = stored("advise", *CELL, "--for", "throughput", "--json")
    found = advice(done)
    assert done.code == 0 and found["choice"] == "fake/honest@cpu"
    reasons = {candidate["contestant"]: candidate["ruled_out"] for candidate in found["candidates"]}
    assert reasons == {"fake/honest@cpu": [], "fake/slow@cpu": [], "fake/zeros@cpu": ["wrong"]}
    assert found["not_tested"] == frameworks()


def test_constraints_say_whom_they_rule_out(stored):
    done = stored("advise", *CELL, "--for", "throughput", "--max-memory", "1M")
    assert done.code == 1
    assert "Nobody qualifies, of 3: memory (2), wrong (1)." in done.out and "fake/slow@cpu: memory" in done.out
    assert stored("advise", *CELL, "--for", "throughput", "--language", "python").code == 0
    assert stored("advise", *CELL, "--for", "throughput", "--language", "cobol").code == 1


def test_what_was_not_measured_is_said_with_the_run_to_make(stored):
    done = stored("advise", *CELL, "--for", "latency")
    assert done.code == 2 and "assay run -m smollm2-135m -w latency" in done.err
    done = stored("advise", *CELL)
    assert done.code == 0 and "for throughput" in done.out, "what there is is answered"
    done = stored("advise", "-m", "smolm2-135m", "--size", "tiny")
    assert done.code == 2 and "smollm2-135m" in done.err
    assert stored("advise", "-m", "smollm2-135m").code == 2, "the full size was never measured"


def test_nothing_stored_is_one_clear_line(assay):
    done = assay("advise")
    assert done.code == 2 and done.err.splitlines() == ["assay: nothing is stored for this machine yet. Start with: assay run"]


def test_other_machines_results_are_none_of_this_one(stored, tmp_path):
    store = sqlite3.connect(tmp_path / "store.db")
    store.executescript("DROP TRIGGER run_no_UPDATE; UPDATE run SET host = json_set(host, '$.name', 'elsewhere');")
    store.close()
    assert stored("advise", *CELL).code == 2


def test_the_text_can_be_pasted(stored):
    text = stored("advise", *CELL, "--for", "throughput").out.split("To paste:\n")[1]
    assert text.startswith("smollm2-135m inference (tiny, f32) on ")
    assert "- fake/honest@cpu" in text and "again: assay run -m smollm2-135m" in text


def test_tables_are_text_markdown_and_csv(stored):
    assert "| # | contestant" in re.sub(" +", " ", stored("show", "last", "--format", "markdown").out)
    rows = list(csv.DictReader(io.StringIO(stored("show", "last", "--format", "csv").out)))
    assert [row["contestant"] for row in rows] == ["fake/honest@cpu", "fake/slow@cpu", "fake/zeros@cpu"]
    assert {row["workload"] for row in rows} == {"inference"}


def test_equal_within_what_the_reader_says(stored):
    document = stored("show", "last", "--json", "--margin", "100%").document
    ratio = next(result["ratio"] for result in document["results"] if result["contestant"] == "fake/slow@cpu")
    assert ratio["margin"] == 1.0 and ratio["comparison"] == "slower"
    assert stored("show", "last", "--margin", "many").code == 2
