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


def pytest_generate_tests(metafunc):
    if "contestant" in metafunc.fixturenames and "workload" not in metafunc.fixturenames:
        metafunc.parametrize("contestant", CONTESTANTS, ids=lambda contestant: contestant.name, scope="session")
    if "framework" in metafunc.fixturenames:
        folders = {contestant.framework: contestant.folder for contestant in CONTESTANTS}
        metafunc.parametrize("framework", folders.values(), ids=folders, scope="session")


class Findings:
    """The gate's, of every contestant on the cases of every operator; found when first asked for."""

    def __init__(self, scratch):
        self.scratch = scratch
        forward, gradient = all_cases(PROGRAM, TOOLS, scratch / "cases")
        self.cases = {"inference": list(forward.values()), "training": list(gradient.values())}
        self.known, self.shown = {}, {}

    def of(self, contestant, workload):
        """Findings by case. A variant that is not the first of its form, which may compile for seconds, gets one graph with a case of
        each operator that the first one does exactly; it has its gradients in the models."""
        key = contestant, workload
        if key not in self.known:
            folder = self.scratch / f"{workload}-{len(self.known)}"
            if is_first_of_its_form(contestant, CONTESTANTS):
                self.known[key] = judge(contestant, self.cases[workload], folder)
            elif workload == "inference":
                first = next(other for other in CONTESTANTS if other.form == contestant.form)
                self.known[key] = judge_combined(contestant, self.representatives(first, workload), folder)
            else:
                self.known[key] = {}
        return self.known[key]

    def representatives(self, contestant, workload):
        """The first case of each operator that a contestant does exactly."""
        findings, chosen = self.of(contestant, workload), {}
        for case in self.cases[workload]:
            if findings[case.name].exact:
                chosen.setdefault(case.operator, case)
        return list(chosen.values())

    def smallest(self, framework):
        """(path, findings of the framework's contestants) of each of its smallest graphs."""
        if framework not in self.shown:
            graphs = list(smallest_graphs(framework))
            own = [contestant for contestant in CONTESTANTS if contestant.folder == framework and is_first_of_its_form(contestant, CONTESTANTS)]
            found = [judge(contestant, [case for _, case in graphs], self.scratch / f"{framework.name}-{place}") if graphs else {}
                     for place, contestant in enumerate(own)]
            self.shown[framework] = [(path, [findings[case.name] for findings in found if case.name in findings]) for path, case in graphs]
        return self.shown[framework]

    def reasons(self, framework):
        """The smallest graph's path by reason."""
        return {reason: path for path, findings in self.smallest(framework) for finding in findings for reason in finding.reasons}


@pytest.fixture(scope="session")
def findings(tmp_path_factory):
    return Findings(tmp_path_factory.mktemp("conformance"))


@pytest.fixture(scope="session")
def all_operators():
    return operators()
