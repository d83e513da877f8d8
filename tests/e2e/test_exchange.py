"""`assay export` and `assay import`: results of many machines come together, nothing of them is lost, and no file breaks a store."""

import json
import os
import signal
import sqlite3

import pytest
from program import Assay
from test_interruption import wait_for_visits

MANY = 400
TINY = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A store with two runs of one label, in one of which contestants fail and are wrong, and its export."""
    folder = tmp_path_factory.mktemp("first")
    assay = Assay(folder)
    assert assay(*TINY, "-f", "fake/honest", "--rounds", 2, "--label", "a label").code == 0
    assay(*TINY, "-f", "fake/honest", "-f", "fake/zeros", "-f", "fake/crash-at-load", "-f", "fake/unsupported", "--rounds", 1, "--label", "a label")
    done = assay("export", "-o", folder / "results.jsonl")
    assert done.code == 0 and "wrote 2 runs" in done.err and done.out == "", done.err
    return assay, folder / "results.jsonl"


@pytest.fixture
def second(tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    return Assay(folder)


def runs_of(assay):
    return [run["run"] for run in json.loads(assay("show", "--json").out)["runs"]]


def test_another_store_shows_the_same_runs_byte_for_byte(first, second):
    assay, file = first
    done = second("import", file)
    assert done.code == 0 and done.out == f"{file}: 2 runs new, 0 there already\n", done.err
    assert runs_of(second) == runs_of(assay)
    for run in runs_of(assay):
        for words in (["show", run, "--samples", "--json"], ["show", run], ["show", run, "--files", "--json"]):
            assert second(*words).out == assay(*words).out, words
    again = second("import", file, file)
    assert again.code == 0 and again.out == f"{file}: 0 runs new, 2 there already\n" * 2


def test_an_export_of_an_import_is_the_same(first, second, tmp_path):
    assay, file = first
    assert second("import", file).code == 0
    assert second("export", "-o", tmp_path / "again.jsonl").code == 0
    assert (tmp_path / "again.jsonl").read_text().splitlines()[1:] == file.read_text().splitlines()[1:], "but for when it was made"


def test_runs_are_named_by_id_label_and_last(first, second, tmp_path):
    assay, file = first
    ids = runs_of(assay)
    exported = [json.loads(line) for line in assay("export", "a label").out.splitlines()]
    assert [line["run"]["id"] for line in exported if "run" in line] == ids[::-1], "the oldest first"
    assert exported[0]["assay-results"] == 2 and exported[-1] == {"runs": 2}
    one = assay("export", "last", ids[0], "-o", "-").out
    assert one.count('{"run":{') == 1 and json.loads(one.splitlines()[-1]) == {"runs": 1}
    document = assay("export", ids[1], "-o", tmp_path / "one.jsonl", "--json").document
    assert document["runs"] == [ids[1]] and document["results"] == 1 and document["visits"] == 2
    assert second("import", "--json", tmp_path / "one.jsonl", file).document["files"] == [
        {"file": str(tmp_path / "one.jsonl"), "added": 1, "continued": 0, "known": 0, "refused": [], "error": None},
        {"file": str(file), "added": 1, "continued": 0, "known": 1, "refused": [], "error": None}]
    listed = assay("show", "a label", "--json").document["runs"]
    assert [run["run"] for run in listed] == ids and {run["label"] for run in listed} == {"a label"}


def test_a_partial_run_is_completed_by_a_later_export(second, tmp_path):
    other = Assay(tmp_path)
    process = other.start(*TINY, "-f", "fake/honest", "-f", "fake/fork", "--rounds", 5)
    wait_for_visits(other, process, 3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert other("export", "-o", tmp_path / "partial.jsonl").code == 0
    assert other("run", "--resume", "last").code == 0
    assert other("export", "-o", tmp_path / "whole.jsonl").code == 0
    assert second("import", tmp_path / "partial.jsonl").code == 0
    assert not second("show", "last", "--json").document["complete"]
    dry = second("import", "--dry-run", tmp_path / "whole.jsonl")
    assert dry.code == 0 and "0 runs would be new, 1 continued" in dry.out
    assert not second("show", "last", "--json").document["complete"], "a dry run changes nothing"
    assert ", 1 continued" in second("import", tmp_path / "whole.jsonl").out
    assert second("show", "last", "--samples", "--json").out == other("show", "last", "--samples", "--json").out
    assert second("import", tmp_path / "partial.jsonl").out.endswith("0 runs new, 1 there already\n")


@pytest.fixture
def many(first, tmp_path):
    """A file with the first run under many ids."""
    lines = first[1].read_text().splitlines()
    run = lines[1:next(number for number, line in enumerate(lines) if line.startswith('{"end":')) + 1]
    name = json.loads(run[0])["run"]["id"]
    end = json.loads(run[-1])
    end["end"].pop("hash")
    run[-1] = json.dumps(end)
    text = "\n".join(run) + "\n"
    with open(tmp_path / "many.jsonl", "w", encoding="ascii") as file:
        file.write(lines[0] + "\n")
        for number in range(MANY):
            file.write(text.replace(name, f"{name}-{number}"))
        file.write(f'{{"runs": {MANY}}}\n')
    return tmp_path / "many.jsonl"


def test_of_a_killed_import_whole_runs_stay(many, first, second):
    process = second.start("import", many)
    while len(runs_of(second)) < 3:
        assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    runs = json.loads(second("show", "--json").out)["runs"]
    assert 3 <= len(runs) < MANY and all(run["complete"] and run["results"] == 1 for run in runs)
    visits = json.loads(second("show", runs[0]["run"], "--samples", "--json").out)["results"][0]["visits"]
    assert visits == json.loads(first[0]("show", runs_of(first[0])[-1], "--samples", "--json").out)["results"][0]["visits"]
    again = second("import", many)
    assert again.code == 0 and again.out == f"{many}: {MANY - len(runs)} runs new, {len(runs)} there already\n", again.err


def test_two_imports_at_the_same_time_store_each_run_once(many, second):
    both = [second.start("import", many) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    added = [int(out.split(": ")[1].split()[0]) for out, _ in said]
    assert sum(added) == MANY == len(runs_of(second)), said


def test_ctrl_c_ends_an_import_between_two_runs(many, second):
    process = second.start("import", many)
    while not runs_of(second):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == f"{many}: {len(runs_of(second))} runs new, 0 there already\n", (out, err)


def test_another_run_with_a_stored_id_is_refused_by_name(first, second, tmp_path):
    assay, file = first
    assert second("import", file).code == 0
    shown = second("show", "last", "--samples", "--json").out
    lines = file.read_text().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith('{"run":'))
    run = json.loads(lines[last])
    run["run"]["seed"] += 1
    end = json.loads(lines[-2])
    end["end"].pop("hash")
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join([lines[0], json.dumps(run), *lines[last + 1:-2], json.dumps(end), '{"runs": 1}']) + "\n")
    done = second("import", changed)
    assert done.code == 4 and f"run {run['run']['id']}: another run is stored under this id" in done.err, done.err
    assert done.out == f"{changed}: 0 runs new, 0 there already, 1 refused\n"
    assert second("show", "last", "--samples", "--json").out == shown


def cut(text):
    return text[:len(text) // 2]


def without_end(text):
    return "".join(text.splitlines(keepends=True)[:-1])


def one_digit(text):
    return text.replace('"samples_ns":[1', '"samples_ns":[2', 1) if '"samples_ns":[1' in text else text.replace('"samples_ns":[', '"samples_ns":[1', 1)


@pytest.mark.parametrize("damage, said", [
    (cut, ": "),
    (without_end, "is cut off"),
    (one_digit, "a line of it was changed"),
    (lambda text: text.replace('{"result":', '{"result":!', 1), "line 3, column 11: not JSON"),
    (lambda text: text.replace('"assay-results":2', '"assay-results":3', 1), "written by a newer Assay. Update Assay"),
    (lambda text: text.replace('"round":0', '"round":0,"weather":"fine"', 1), "unknown field 'weather'"),
    (lambda text: text.replace('"device":"cpu"', '"device":"\x1b[2J"', 1), "not JSON"),
    (lambda text: "", "is empty"),
    (lambda text: "a,b\n1,2\n", "is no file of results"),
    (lambda text: json.dumps({"schema": 2, "run": "x"}, indent=1), "is no file of results"),
], ids=["cut", "without-end", "one-digit", "no-json", "newer", "unknown-field", "escape", "empty", "table", "show-json"])
def test_of_a_damaged_file_nothing_is_stored_and_one_line_names_it(first, second, tmp_path, damage, said):
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text(damage(first[1].read_text()))
    done = second("import", damaged)
    assert done.code == 4 and done.out == "" and len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith(f"assay: {damaged}") and said in done.err and "\x1b" not in done.err, done.err
    assert runs_of(second) == []
    both = second("import", damaged, first[1])
    assert both.code == 4 and both.out == f"{first[1]}: 2 runs new, 0 there already\n", "the other file is taken"


def test_a_file_that_cannot_be_read_is_said(second, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "absent.jsonl", tmp_path, tmp_path / "pipe", "/dev/zero"):
        done = second("import", name, timeout=60)
        assert done.code == 4 and str(name) in done.err and len(done.err.splitlines()) == 1, done.err


def test_a_store_is_no_file_of_results(first, second):
    assay, file = first
    done = second("import", file.parent / "store.db")
    assert done.code == 4 and "is a store" in done.err and "assay export" in done.err
    done = assay("export", "-o", file.parent / "store.db")
    assert done.code == 2 and "is the store itself" in done.err and len(runs_of(assay)) == 2


@pytest.mark.parametrize("words, hint", [
    (["export"], "assay run"),
    (["export", "last"], "there is no run yet"),
    (["export", "20200101-none"], "assay show"),
    (["export", "--json"], "-o FILE"),
    (["import"], "files"),
    (["export", ""], "empty"),
    (["import", ""], "empty"),
    (["exprot"], "export"),
])
def test_what_is_typed_wrong_is_said(second, words, hint):
    done = second(*words)
    assert done.code == 2 and hint in done.err and done.out == "", done.err


def test_unknown_names_get_the_nearest(first):
    assay, _ = first
    done = assay("export", "a lable", "-o", "-")
    assert done.code == 2 and "Did you mean a label?" in done.err and done.out == ""


def test_a_file_that_cannot_be_written_leaves_the_old_one(first, tmp_path):
    assay, _ = first
    (tmp_path / "folder").mkdir()
    done = assay("export", "-o", tmp_path / "folder")
    assert done.code == 4 and "no regular file" in done.err
    full = assay("export", "-o", "/dev/full")
    assert full.code == 4 and "no regular file" in full.err


def test_a_dry_run_makes_no_store(first, second, tmp_path):
    done = second("import", "--dry-run", first[1])
    assert done.code == 0 and "2 runs would be new" in done.out
    assert not (tmp_path / "second/store.db").exists()


def test_foreign_text_has_no_power(first, second, tmp_path):
    """What a file says is shown, but no terminal obeys it."""
    bad = "\x1b[2J\u202e\u009b]0;title\a"
    escaped = json.dumps(bad)[1:-1]
    lines = []
    for line in first[1].read_text().splitlines():
        line = line.replace('"label":"a label"', f'"label":"{escaped}"').replace('"model":"smollm2-135m"', f'"model":"{escaped}"')
        line = line.replace('"governor":"', f'"governor":"{escaped}').replace('"framework":"fake"', f'"framework":"{escaped}"')
        document = json.loads(line)
        document.get("end", {}).pop("hash", None)
        lines.append(json.dumps(document))
    file = tmp_path / f"{bad.replace('/', '')}.jsonl"
    file.write_text("\n".join(lines) + "\n")
    done = second("import", file)
    assert done.code == 0, done.err
    for words in (["show"], ["show", "last"], ["show", "last", "--files"], ["import", file], ["export", bad], ["export", bad[:-1]]):
        shown = second(*words)
        for one in ("\x1b", "\u202e", "\u009b", "\a"):
            assert one not in shown.out + shown.err, (words, one)


def test_an_old_store_is_exported(first, second, tmp_path):
    """Runs of before a column was there: what is not known stays unknown."""
    assay, file = first
    old = sqlite3.connect(tmp_path / "second/store.db")
    with sqlite3.connect(file.parent / "store.db") as store:
        store.backup(old)
    for (trigger,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        old.execute(f"DROP TRIGGER {trigger}")
    with old:
        old.execute("UPDATE run SET host = '{}', label = NULL, clock_unix_ns = NULL, revision = NULL")
        old.execute("UPDATE visit SET requests = x'', other_cpus = NULL")
        old.execute("UPDATE launch SET footprint = '', dropped_share = NULL")
    old.close()
    assert second("export", "-o", tmp_path / "old.jsonl").code == 0
    (tmp_path / "third").mkdir()
    third = Assay(tmp_path / "third")
    assert third("import", tmp_path / "old.jsonl").code == 0
    for run in runs_of(second):
        assert third("show", run, "--samples", "--json").out == second("show", run, "--samples", "--json").out
