"""Each operator of docs/operators.md, on the standard's cases and on those of tests/gradients, in each contestant: exact, or what the
framework's smallest graphs show. docs/operator-support.md is what comes of it."""

import pytest
from conftest import CONTESTANTS
from contestants import is_first_of_its_form
from table import FIGURES, PAGE, figures, page

TITLES = {"inference": "Outputs", "training": "Gradients"}
CELLS = [(contestant, workload) for workload in TITLES for contestant in CONTESTANTS
         if contestant.runs(workload) and (workload == "inference" or is_first_of_its_form(contestant, CONTESTANTS))]


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_every_case_is_exact_or_shown_by_a_smallest_graph(findings, contestant, workload):
    shown, strange = findings.reasons(contestant.folder), {}
    found = findings.of(contestant, workload)
    assert found
    for finding in found.values():
        if not finding.exact and not finding.reasons <= shown.keys():
            strange[finding.case] = finding.state, sorted(finding.reasons - shown.keys()), finding.text
    assert not strange


def test_every_operator_has_cases(findings, all_operators):
    assert {case.operator for case in findings.cases["inference"]} == set(all_operators)
    assert len(findings.cases["inference"]) > 480 and len(findings.cases["training"]) > 200


def test_what_a_smallest_graph_shows_is_still_so(findings, framework):
    """One that has become exact is to be removed, and what the runner says of it in its README with it."""
    passes = [path.name for path, _, found in findings.smallest(framework) if found and all(finding.exact for finding in found)]
    assert not passes


def test_the_table_says_so(findings, all_operators, pytestconfig):
    sections = {title: [(f"{contestant.framework}/{contestant.variant}", list(findings.of(contestant, workload).values()),
                         findings.reasons(contestant.folder)) for contestant, of in CELLS if of == workload and not contestant.hidden]
                for workload, title in TITLES.items()}
    if pytestconfig.getoption("--write"):
        PAGE.write_text(page(all_operators, sections))
        FIGURES.write_text(figures(sections))
    assert PAGE.read_text() == page(all_operators, sections)
