"""Tables as text, Markdown and CSV: every command that prints one."""

import csv
import io
import shutil

import pytest
from program import CACHE, Assay

TINY = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]
LABEL = 'before, "it" | <b>'
COMMANDS = {
    "list": ["list", "--size", "tiny"], "check": ["check"], "clean": ["clean", "--dry-run"], "show": ["show"], "show run": ["show", "last"],
    "advise": ["advise", "--size", "tiny"], "compare": ["compare", LABEL, "last"], "gate": ["gate", "--baseline", LABEL, "--max", "100"],
    "history": ["history", "-f", "fake"], "claims": ["claims"]}
FIRST = {"list": "table", "check": "contestant", "clean": "what", "show": "run", "show run": "model", "advise": "model", "compare": "cell", "gate": "cell",
         "history": "contestant", "claims": "claim"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Two runs, the first with a label that every format has a use for; then a cache of its own, so that `clean` looks at few files."""
    folder = tmp_path_factory.mktemp("formats")
    assay = Assay(folder)
    assert assay(*TINY, "-f", "fake/honest", "-f", "fake/slow", "--rounds", 6, "--label", LABEL).code == 0
    assert assay(*TINY, "-f", "fake/honest", "-f", "fake/slow", "-f", "fake/zeros", "--rounds", 6).code == 1
    (folder / "cache/truth/0123456789abcdef").mkdir(parents=True)
    assay.environment["ASSAY_CACHE"] = str(folder / "cache")
    return assay


def rows(done):
    """The lines of a CSV, which must all be of one table."""
    found = list(csv.reader(io.StringIO(done.out)))
    assert len(found) > 1 and len({len(row) for row in found}) == 1, done.out
    assert all(found[0]) and len(set(found[0])) == len(found[0]), found[0]
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_csv_is_one_table_and_nothing_else(stored, name):
    done = stored(*COMMANDS[name], "--format", "csv")
    assert done.code in (0, 1), done.err
    assert rows(done)[0][0] == FIRST[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_markdown_has_tables_of_equal_rows(stored, name):
    lines = stored(*COMMANDS[name], "--format", "markdown").out.splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert any(set(line) <= set("|-:") for line in tables), lines
    assert not any(line.startswith("  ") and not line.startswith("    ") for line in lines), "tables are not text"


@pytest.mark.parametrize("name", COMMANDS)
def test_json_and_a_format_do_not_go_together(stored, name):
    done = stored(*COMMANDS[name], "--format", "csv", "--json")
    assert done.code == 2 and done.out == "" and len(done.err.splitlines()) == 1, done.err
    assert "--format" in done.err and "--json" in done.err and "give one of the two" in done.err


@pytest.mark.parametrize("option", ["--samples", "--files"])
def test_what_is_no_table_has_no_format(stored, option):
    done = stored("show", "last", option, "--format", "csv")
    assert done.code == 2 and option in done.err and len(done.err.splitlines()) == 1


def test_a_limit_is_in_every_format(assay, tmp_path):
    """With the figures of this machine, where they are known."""
    known = list((CACHE / "limits").glob("*.json"))
    if not known:
        pytest.skip("this machine's limits were never measured")
    shutil.copytree(CACHE / "limits", tmp_path / "cache/limits")
    own = {"ASSAY_CACHE": str(tmp_path / "cache")}
    found = rows(assay("limits", "--format", "csv", **own))
    assert found[0] == ["table", "precision", "peak", "by", "level", "capacity", "read"]
    assert {row[0] for row in found[1:]} == {"peaks", "memory"}
    markdown = assay("limits", "--format", "markdown", **own).out
    assert "**Matrix products**" in markdown and "█" in markdown


def test_a_label_with_commas_quotes_and_markup_stays_one_cell(stored):
    head, *lines = rows(stored("show", "--format", "csv"))
    assert [line[head.index("label")] for line in lines] == ["", LABEL]
    assert "before, \"it\" \\| \\<b>" in stored("show", "--format", "markdown").out
    head, *lines = rows(stored("history", "-f", "fake/honest", "--format", "csv"))
    assert LABEL in lines[0][head.index("run")]


def test_advice_has_everybody_and_how_they_stand(stored):
    done = stored("advise", "--size", "tiny", "--for", "throughput", "--format", "csv")
    head, *lines = rows(done)
    standing = {line[head.index("contestant")]: (line[head.index("standing")], line[head.index("ruled out by")]) for line in lines}
    assert standing["fake/honest@cpu"] == ("choice", "") and standing["fake/zeros@cpu"] == ("ruled out", "wrong")
    assert done.err.startswith("On "), "what is no table is on standard error"
    markdown = stored("advise", "--size", "tiny", "--for", "throughput", "--format", "markdown").out
    assert "**smollm2-135m inference, for throughput**" in markdown and "\n    - fake/honest@cpu" in markdown


def test_no_run_is_a_table_without_lines(assay):
    done = assay("show", "--format", "csv")
    assert done.code == 0 and len(done.out.splitlines()) == 1 and "assay run" in done.err
