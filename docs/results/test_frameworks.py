"""docs/frameworks.md has a section of each framework; that its tables are up to date is test_generate.py's."""

import re

import frameworks
import pytest

HEAD = "| group | mapped to | why |"


@pytest.fixture(scope="module")
def page():
    return frameworks.PAGE.read_text()


def section(page, manifest):
    parts = {part.splitlines()[0]: part for part in page.split("\n## ")[1:]}
    assert frameworks.title(manifest) in parts, f"docs/frameworks.md has no section {frameworks.title(manifest)}"
    return parts[frameworks.title(manifest)]


@pytest.mark.parametrize("folder", frameworks.manifests(), ids=lambda folder: folder.name)
def test_each_framework_has_its_tables_and_says_how_groups_of_operators_are_mapped(page, folder):
    text = section(page, frameworks.manifests()[folder])
    assert {found["name"] for found in frameworks.BLOCK.finditer(text)} == {f"{folder.name} facts", f"{folder.name} support"}
    by_hand = frameworks.BLOCK.sub("", text)
    assert HEAD in by_hand
    rows = by_hand.split(HEAD)[1].split("\n\n")[0].splitlines()[2:]
    assert len(rows) >= 6 and all(row.count(" | ") == 2 and row.split(" | ")[1].strip() for row in rows)


def test_its_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page):
        assert (frameworks.PAGE.parent / target).exists(), target
    findings = {frameworks.slug(line[3:]) for line in frameworks.FINDINGS.read_text().splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(findings\.md#([^)]*)\)", page)) <= findings


def test_a_block_of_nobody_is_a_mistake():
    with pytest.raises(KeyError):
        frameworks.into("<!-- generated: nobody facts -->\n<!-- generated: end -->\n", [])


def test_a_cell_says_states_and_graphs():
    cell = "exact (19 of 70); unsupported [1](../f/a.json) [2](../f/b.json); wrong [1](../f/c.json)"
    assert list(frameworks.parts(cell)) == [("exact", []), ("unsupported", ["f/a.json", "f/b.json"]), ("wrong", ["f/c.json"])]
    assert [frameworks.degree(cell), frameworks.degree("exact (2)"), frameworks.degree("timed_out [1](../f/a.json)")] == ["some", "all", "none"]
    assert frameworks.counts({"A": cell, "B": "exact (1)", "C": "exact (1)"}) == "2 of 3, 1 in part"
    assert frameworks.shown_by("f/c.json", {"A": cell}) == "A (wrong)" and frameworks.shown_by("f/a.json", {"A": cell}) == "A"


def test_pins_are_read_from_both_forms_of_lock_files():
    asked = "# x86-64 Linux. Written by sdk/python/lock.py for: --glibc 35 --without other one[extra]==1.2 two==3.4.0\none==1.2 \\\n"
    assert frameworks.locked(asked) == [("one", "1.2"), ("two", "3.4.0")]
    assert frameworks.locked("# name, version, sha256\none 1.2 abc\n") == [("one", "1.2")]


def test_a_framework_without_a_column_says_so(monkeypatch):
    monkeypatch.setattr(frameworks, "support", lambda: {"Outputs": {"one/v": {"Add": "exact (1)"}}})
    assert "no column" in frameworks.conformance("other") and "1 of 1" in frameworks.conformance("one")
