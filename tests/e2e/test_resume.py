"""`assay run --resume`: what a run has is kept, the rest is measured under its id, and only by the same program on the same data."""

import json
import shutil
import signal
import sqlite3

import pytest
from program import PROGRAM
from test_interruption import wait_for_visits

TINY = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "fake/honest", "-f", "fake/fork"]


def interrupted(assay, *arguments, visits=3):
    """Interrupts a run after some visits; its document with all samples, and what it said last."""
    process = assay.start(*TINY, *arguments)
    wait_for_visits(assay, process, visits)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    return json.loads(assay("show", "last", "--samples").out), out + err


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """A store with a partial run, to be copied."""
    from program import Assay
    folder = tmp_path_factory.mktemp("partial")
    document, said = interrupted(Assay(folder), "--rounds", 5)
    return folder, document, said


@pytest.fixture
def copied(partial, tmp_path):
    from program import Assay
    for file in partial[0].glob("store.db*"):
        shutil.copy(file, tmp_path)
    return Assay(tmp_path), partial[1]


def test_the_command_to_go_on_is_said(partial):
    assert f"assay run --resume {partial[1]['run']}" in partial[2]


def test_what_there_is_is_kept_and_the_rest_measured(copied):
    assay, before = copied
    done = assay("run", "--resume", before["run"][:-1])
    assert done.code == 0, done.err
    assert done.err.count("kept") == 2 and "fake/honest@cpu" in done.out
    after = json.loads(assay("show", before["run"], "--samples").out)
    assert after["complete"] and after["run"] == before["run"] and after["command"] == before["command"]
    assert len(json.loads(assay("show", "--json").out)["runs"]) == 1
    for old, new in zip(before["results"], after["results"], strict=True):
        assert new["contestant"] == old["contestant"] and new["start_s"]["cold"] == old["start_s"]["cold"], "its cold launch is kept"
        assert new["visits"][:len(old["visits"])] == old["visits"], "its visits are kept"
        assert len(new["visits"]) >= 5
        blocks = {visit["block"] for visit in old["visits"]}
        assert not blocks & {visit["block"] for visit in new["visits"][len(old["visits"]):]}, "processes of another launch"
    again = assay("run", "--resume", "last")
    assert again.code == 2 and "complete" in again.err


def test_arguments_beside_it_are_refused(copied):
    assay, before = copied
    done = assay("run", "--resume", before["run"], "--rounds", 3)
    assert done.code == 2 and "stored run" in done.err


def test_another_program_is_refused(copied, tmp_path):
    assay, before = copied
    other = tmp_path / "assay"
    other.write_bytes(PROGRAM.read_bytes() + b"\0")
    other.chmod(0o755)
    assay.command = lambda *arguments: [str(other), *map(str, arguments)]
    done = assay("run", "--resume", before["run"])
    assert done.code == 2 and "the program has changed" in done.err


@pytest.mark.parametrize("change, said", [
    ("UPDATE run SET host = json_set(host, '$.cores', 99)", "had 99 cores"),
    ("UPDATE run SET host = json_set(host, '$.name', 'another')", "another machine"),
    ("UPDATE provenance SET graph = 'other'", "graph"),
    ("UPDATE provenance SET runner = 'other'", "runner"),
    ("UPDATE run SET arguments = '[]'", "older Assay"),
])
def test_what_changed_is_said(copied, change, said):
    assay, before = copied
    with sqlite3.connect(assay.environment["ASSAY_STORE"]) as database:
        for table in ("run", "provenance"):
            database.execute(f"DROP TRIGGER {table}_no_UPDATE")
        database.execute(change)
    done = assay("run", "--resume", before["run"])
    assert done.code == 2 and "cannot be resumed" in done.err and said in done.err, done.err


def test_a_run_that_still_goes_on_is_left_alone(assay):
    process = assay.start(*TINY, "--rounds", 300)
    wait_for_visits(assay, process, 1)
    done = assay("run", "--resume", "last")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert done.code == 2 and "still goes on" in done.err
