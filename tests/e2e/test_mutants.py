"""Mistakes in an honest runner, one at a time: the runner is given a graph with the mistake in it, and the gate must reject what it answers.

`assay gate --mutants` runs all of them, on every framework that is given the graph, in one process a workload.
"""

import re
from pathlib import Path

import pytest

from program import ROOT
from suites import contestants, given_the_graph, manifests

# Runners in Python raise what their framework refuses; one in C++ may end at a mistake, and then there is no answer to reject.
IN_PYTHON = {manifest["name"] for _, manifest in manifests() if manifest["language"] == "Python"}
CONTESTANTS = [name for name in given_the_graph() if name.split("/")[0] in IN_PYTHON]
WORKLOADS = {name: [workload for workload in variant.get("workloads", ["inference", "latency", "training"])
                    if workload != "training" or variant.get("training", "none") != "none"]
             for name, variant in contestants() if name in CONTESTANTS}
# Those whose gradients are nodes of the graph, too.
TIED = [name for name, variant in contestants() if variant.get("training") == "gradient-graph"]
CELLS = [(contestant, workload) for contestant, workloads in WORKLOADS.items() for workload in workloads]
# How many mistakes each workload of the model has a place for; a new mutant changes them.
MUTANTS = {"inference": 16, "latency": 15, "training": 19}


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    from program import Assay
    assay = Assay(tmp_path_factory.mktemp("mutants"))
    done = assay("gate", "--mutants", "--json", *[word for contestant in CONTESTANTS for word in ("-f", contestant)])
    return done


def of(trials, contestant, workload):
    return [trial for trial in trials.document["results"]
            if trial["contestant"].split("@")[0] == contestant and trial["workload"] == workload]


@pytest.mark.parametrize("contestant, workload", CELLS)
def test_every_mutant_is_rejected(trials, contestant, workload):
    mutants = [trial for trial in of(trials, contestant, workload) if trial["mutant"] and not trial["by_hash"]]
    accepted = {trial["mutant"]: trial["verdict"] + " " + trial["reason"] for trial in mutants if trial["verdict"] != "wrong"}
    assert not accepted
    assert len(mutants) == MUTANTS[workload] + (contestant in TIED)


@pytest.mark.parametrize("contestant, workload", CELLS)
def test_the_honest_runner_is_exact_before_and_after(trials, contestant, workload):
    honest = [trial["verdict"] for trial in of(trials, contestant, workload) if not trial["mutant"]]
    assert honest == ["exact", "exact"]


@pytest.mark.parametrize("contestant, workload", CELLS)
def test_what_lies_below_rounding_is_told_by_the_graph(trials, contestant, workload):
    given = of(trials, contestant, workload)
    below = [trial for trial in given if trial["by_hash"]]
    assert {trial["mutant"] for trial in below} == {"epsilon-last-digits"}
    assert not {trial["graph"] for trial in below} & {trial["graph"] for trial in given if not trial["mutant"]}


def test_the_command_says_that_all_held(trials):
    assert trials.code == 0, trials.err


def test_every_mutant_has_its_place_in_some_workload(trials):
    source = (Path(ROOT) / "src/mutants/mutants.cc").read_text()
    # This model has no biases and no such epsilon; src/mutants/mutants_test.cc has them.
    named = set(re.findall(r'Mutant\{"([a-z-]+)"', source)) - {"biases-dropped", "small-epsilon-times-ten"}
    assert named == {trial["mutant"] for trial in trials.document["results"] if trial["mutant"]}
