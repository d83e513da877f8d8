"""Questions to the store that have no answer: one clear line each, the right exit code, nothing written over. Labels of several machines were compared as if they
were of one, a gate stopped a run for the other processor that its baseline was measured on, and a report could take the store's place."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

TINY = ["-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]


def of_machine(text, name, cpu, run):
    """The same export as another machine would have written it."""
    lines = []
    for line in text.splitlines():
        document = json.loads(line)
        if "run" in document:
            document["run"]["id"] = document["run"]["id"][:-4] + run
            document["run"]["host"] |= {"name": name, "cpu": cpu}
        if "end" in document:
            document["end"]["run"] = document["end"]["run"][:-4] + run
            document["end"].pop("hash")
        lines.append(json.dumps(document, separators=(",", ":")))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with a run of this machine and, under the same label, runs of two others: one of the same kind, one of another."""
    folder = tmp_path_factory.mktemp("machines")
    assay = Assay(folder)
    assert assay("run", *TINY, "-f", "fake/honest", "--rounds", 2, "--label", "everywhere").code == 0
    text = assay("export").out
    cpu = json.loads(text.splitlines()[1])["run"]["host"]["cpu"]
    (folder / "alike.jsonl").write_text(of_machine(text, "alike", cpu, "aaaa"))
    (folder / "other.jsonl").write_text(of_machine(text, "other", "another processor", "bbbb"))
    (folder / "here.jsonl").write_text(text)
    return folder, assay


@pytest.fixture
def assay(tmp_path):
    return Assay(tmp_path)


@pytest.fixture
def stored(made, assay, tmp_path):
    shutil.copy(made[0] / "store.db", tmp_path / "store.db")
    assay.made = made[0]
    return assay


def import_all(assay, *names):
    assert assay("import", *(assay.made / f"{name}.jsonl" for name in names)).code == 0


def one_line(done, code=2):
    assert done.code == code and done.out == "" and len(done.err.splitlines()) == 1, (done.code, done.out, done.err)
    return done.err


def test_a_label_of_several_machines_means_this_one(stored):
    import_all(stored, "alike", "other")
    for side in ("before", "after"):
        [change] = stored("compare", "everywhere", "everywhere", "--json").document["changes"]
        assert not change[side]["run"].endswith(("aaaa", "bbbb"))


def test_a_label_of_several_other_machines_is_refused(assay, made):
    assay.made = made[0]
    import_all(assay, "alike", "other")
    for words in (["compare", "everywhere", "last"], ["gate", "last", "--baseline", "everywhere"], ["gate", "everywhere", "--baseline", "last"]):
        said = one_line(assay(*words))
        assert "several machines" in said and "alike" in said and "other" in said and "another processor" in said


def test_machines_are_compared_when_they_are_named(stored):
    import_all(stored, "other")
    done = stored("compare", "everywhere", "other", "--json")
    assert done.code == 0 and done.document["changes"][0]["after"]["run"].endswith("bbbb")


def test_a_gate_is_for_machines_of_one_kind(stored):
    said = one_line(stored("gate", "last", "--baseline", stored.made / "other.jsonl"))
    assert "another kind of machine (another processor, and here" in said and "assay compare" in said
    done = stored("gate", "last", "--baseline", stored.made / "alike.jsonl", "--max", "100%")
    assert done.code == 0 and "another machine of this kind" in done.err
    assert "another machine" not in stored("gate", "last", "--baseline", stored.made / "here.jsonl", "--max", "100%").err


def test_a_baseline_file_of_many_machines_counts_with_this_one(stored, tmp_path):
    both = tmp_path / "both.jsonl"
    both.write_text((stored.made / "other.jsonl").read_text() + (stored.made / "here.jsonl").read_text())
    done = stored("gate", "last", "--baseline", both, "--max", "100%", "--json")
    assert done.code == 0 and not done.document["changes"][0]["before"]["run"].endswith("bbbb"), done.err


@pytest.mark.parametrize("words, hint", [
    (["compare", "everywher", "last"], "Did you mean everywhere?"),
    (["compare", "20", "last"], "several runs begin with '20'"),
    (["gate", "--baseline", "main.jsonl"], "main.jsonl: there is no such file"),
    (["gate", "--baseline", "nothing/here"], "there is no such file"),
    (["history", "-f", "fake/honest", "-m", "other"], "nothing is stored of 'fake/honest'"),
    (["advise", "--size", "tiny", "--for", "throughput", "--threads", "77"], "with 77 threads: assay run"),
    (["report", "everywher"], "Did you mean everywhere?"),
    (["export", "everywher"], "Did you mean everywhere?"),
    (["claims", "rust-sise"], "Did you mean rust-size?"),
])
def test_names_that_mean_nothing(stored, words, hint):
    import_all(stored, "alike")
    done = stored(*words)
    assert done.code == 2 and hint in done.err, done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("words", [["compare", "a", "b"], ["gate", "--baseline", "a"], ["gate", "a", "--baseline", "b"], ["report"], ["export"], ["advise"]])
def test_an_empty_store_says_where_to_start(assay, words):
    assert "assay run" in one_line(assay(*words))


@pytest.mark.parametrize("spoil, code", [(lambda text: text[:-300], 4), (lambda text: text.replace('"assay-results":2', '"assay-results":3', 1), 4),
                                         (lambda text: "", 4), (lambda text: "no JSON\n", 4)], ids=["cut", "newer", "empty", "no-json"])
def test_a_file_that_cannot_be_read_is_no_baseline(stored, tmp_path, spoil, code):
    file = tmp_path / "spoilt.jsonl"
    file.write_text(spoil((stored.made / "here.jsonl").read_text()))
    assert str(file) in one_line(stored("gate", "last", "--baseline", file), code)
    assert str(file) in one_line(stored("import", file), code)


@pytest.mark.parametrize("command", [["report"], ["export"]])
def test_nothing_takes_the_stores_place(stored, tmp_path, command):
    store = tmp_path / "store.db"
    before = store.read_bytes()
    assert "is the store itself" in one_line(stored(*command, "-o", store))
    assert store.read_bytes() == before


@pytest.mark.parametrize("target", ["directory", "store.db/page.html"])
def test_a_page_that_cannot_be_written_is_one_line(stored, tmp_path, target):
    (tmp_path / "directory").mkdir()
    assert str(tmp_path / target) in one_line(stored("report", "-o", tmp_path / target), 4)
    assert not list((tmp_path / "directory").iterdir())


def test_a_report_over_no_result_is_one_line(stored, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("before")
    file = tmp_path / "bare.jsonl"
    lines = [json.loads(line) for line in (stored.made / "alike.jsonl").read_text().splitlines()]
    bare = [line for line in lines if "result" not in line and "visit" not in line]
    for line in bare:
        if "end" in line:
            line["end"] |= {"results": 0, "visits": 0}
        if "run" in line:
            line["run"]["label"] = "bare"
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in bare))
    assert stored("import", file).code == 0
    assert "no result" in one_line(stored("report", "bare", "-o", page))
    assert page.read_text() == "before"
    assert stored("show", "bare").code == 0 and stored("export", "bare").code == 0
    assert "no result of what was asked for" in one_line(stored("compare", "bare", "last"))


def test_a_constraint_that_nobody_meets(stored):
    done = stored("advise", "--size", "tiny", "--for", "throughput", "--max-memory", "1M", "--json")
    assert done.code == 1 and done.document["advice"][0]["choice"] is None and done.err == ""
    done = stored("advise", "--size", "tiny", "--for", "throughput", "--max-memory", "1M")
    assert done.code == 1 and "Nobody qualifies, of 1: memory (1)." in done.out
