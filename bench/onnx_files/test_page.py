"""The page says what was found, and is what the results give."""

import json

import main
import page


def file(**contestants):
    return {"name": "f", "what": "w", "exporter": "e", "package": "p==1", "bytes": 1_500_000, "said": ["recognised and proven equal in float64: 2 Linear"], "contestants": contestants}


def found(**changed):
    return {"verdict": "exact", "outcome": "ok", "reason": "", "operators": [], "times_f32": 1.0} | changed


def test_a_cell_is_a_verdict_or_what_is_missing():
    assert page.word(found()) == "exact"
    assert page.word(found(outcome="unsupported", verdict="unchecked", operators=["Pad", "TopK"])) == "unsupported: Pad, TopK"
    assert page.word(found(outcome="crashed", verdict="unchecked")) == "crashed"
    assert page.word(None) == ""


def test_what_is_wrong_is_explained():
    assert page.reasons([file(**{"a/b@cpu": found(verdict="wrong", reason="y is\noff")})]) == "- f on a/b: wrong: y is off"


def test_what_was_not_imported_is_said_and_has_no_row():
    refused = file() | {"refused": "node n (Loop): loops are not imported"}
    assert "not imported" in page.intake([refused]) and "| f |" not in page.verdicts([refused])
    assert page.reasons([refused]) == "- f: node n (Loop): loops are not imported"


def test_cells_that_were_not_measured_again_stay():
    merged = main.merged(file(a=found()), file(b=found(verdict="wrong")))
    assert list(merged["contestants"]) == ["a", "b"]


def test_the_page_is_what_the_results_give():
    assert page.write(json.loads(main.RESULTS.read_text(encoding="utf-8")), check=True) == 0
