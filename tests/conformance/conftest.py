"""One suite for all frameworks: what is tested follows from the folders under frameworks/. `$ASSAY_HOME` names another tree of them."""

import os
from pathlib import Path

import pytest
from cases import all_cases, operators
from combined import judge_combined
from contestants import PROGRAM, found, is_first_of_its_form
from judge import judge
from smallest import smallest_graphs

CONTESTANTS = found()
TOOLS = Path(os.environ.get("ASSAY_TEST_TOOLS") or Path(pytest.__file__).parents[4])  # the environment that pytest lies in


def pytest_addoption(parser):
    parser.addoption("--operator", action="append", help="only this operator's cases, for whoever works on one; may be repeated")
    parser.addoption("--write", action="store_true", help="write docs/operator-support.md anew")
    parser.addoption("--full", action="store_true", help="the tests marked `full` too: a mistake for each variant that compiles")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full only")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        items[:] = [item for item in items if "full" not in item.keywords]


def pytest_generate_tests(metafunc):
    if "framework" in metafunc.fixturenames:
        folders = {contestant.framework: contestant.folder for contestant in CONTESTANTS}
        metafunc.parametrize("framework", folders.values(), ids=folders, scope="session")


class Findings:
    """The gate's, of every contestant on the cases of every operator; found when first asked for."""

    def __init__(self, scratch, wanted):
        self.scratch = scratch
        forward, gradient = all_cases(PROGRAM, TOOLS, scratch / "cases")
        self.cases = {workload: [case for case in cases.values() if not wanted or case.operator in wanted]
                      for workload, cases in (("inference", forward), ("training", gradient))}
        self.known, self.shown = {}, {}

    def of(self, contestant, workload):
        """Findings by case. A variant that is not the first of its form, which may compile for seconds, gets one graph with a case of
        each operator that the first one does exactly; it has its gradients in the models."""
        firsts = [one for one in CONTESTANTS if is_first_of_its_form(one, CONTESTANTS) and one.runs(workload)]
        if not self.known.get(workload):
            self.known[workload] = judge(firsts, self.cases[workload], self.scratch / workload)
        known = self.known[workload]
        if contestant not in known:
            first = next(other for other in CONTESTANTS if other.form == contestant.form)
            known[contestant] = judge_combined(contestant, self.representatives(first, workload), self.scratch / f"{workload}-{len(known)}")
        return known[contestant]

    def representatives(self, contestant, workload):
        """The first case of each operator that a contestant does exactly."""
        findings, chosen = self.of(contestant, workload), {}
        for case in self.cases[workload]:
            if findings[case.name].exact:
                chosen.setdefault(case.operator, case)
        return list(chosen.values())

    def smallest(self, framework):
        """(path, operator, findings of the framework's contestants) of each of its smallest graphs."""
        if framework not in self.shown:
            graphs = list(smallest_graphs(framework))
            own = [one for one in CONTESTANTS if one.folder == framework and is_first_of_its_form(one, CONTESTANTS)]
            found = judge(own, [case for _, case in graphs], self.scratch / framework.name) if graphs else {}
            self.shown[framework] = [(path, case.operator, [by[case.name] for by in found.values() if case.name in by]) for path, case in graphs]
        return self.shown[framework]

    def reasons(self, framework):
        """The smallest graphs' paths by reason, and there by operator."""
        result = {}
        for path, operator, found in self.smallest(framework):
            for reason in (reason for finding in found for reason in finding.reasons):
                result.setdefault(reason, {}).setdefault(operator, path)
        return result


@pytest.fixture(scope="session")
def findings(tmp_path_factory, pytestconfig):
    return Findings(tmp_path_factory.mktemp("conformance"), pytestconfig.getoption("--operator"))


@pytest.fixture(scope="session")
def all_operators():
    return operators()
