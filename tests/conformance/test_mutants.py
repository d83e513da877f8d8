"""Mistakes in an honest runner, one at a time: the runner is given a graph with the mistake in it, and the gate must reject what it answers.

`assay judge --mutants` runs them on every framework that is given the graph, in one process a workload. Each mistake is made once: in the
short steps of latency where it can be made there, else in training. With --full each is made in every workload that has a place for it.
"""

import json
import re
import subprocess

import pytest
from conftest import CONTESTANTS
from contestants import HOME, PROGRAM, is_first_of_its_form
from judge import general

# Those that are given the graph. A variant that is not the first of its form may compile for a minute what the first one reads: it gets
# one mistake, where there is time for everything.
GIVEN = [contestant for contestant in CONTESTANTS if "gguf" not in contestant.form]
FIRST = [contestant for contestant in GIVEN if is_first_of_its_form(contestant, CONTESTANTS)]
OTHERS = [contestant for contestant in GIVEN if contestant not in FIRST]
ONE_MISTAKE = "no-causal-mask"
# How many mistakes each workload of the model has a place for; a new mutant changes them.
MUTANTS = {"inference": 16, "latency": 15, "training": 19}
# Of training: those that latency has no place for. Gradients that are nodes of the graph have one more.
IN_TRAINING_ONLY = ["causal-off-by-one", "labels-shifted", "last-token-repeated", "loss-over-one-less", "loss-summed", "no-causal-mask"]
IN_GRADIENTS_ONLY = "tied-gradient-once"
WITH_FULL = ["inference"]
CELLS = [pytest.param(contestant, workload, marks=[pytest.mark.full] if workload in WITH_FULL else [])
         for contestant in FIRST for workload in MUTANTS if contestant.runs(workload)]


def gate(*words):
    done = subprocess.run([PROGRAM, "judge", "--mutants", "--json", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
    return done.returncode, json.loads(done.stdout)["results"] if done.stdout else done.stderr


@pytest.fixture(scope="module")
def full(pytestconfig):
    return pytestconfig.getoption("--full")


@pytest.fixture(scope="module")
def trials(full):
    """The exit codes and the trials."""
    contestants = [word for contestant in FIRST for word in ("-f", contestant.name)]
    if full:
        code, found = gate(*contestants)
        return [code], found
    only = [word for mutant in [*IN_TRAINING_ONLY, IN_GRADIENTS_ONLY] for word in ("--mutant", mutant)]
    done = [gate("-w", "latency", *contestants), gate("-w", "training", *only, *contestants)]
    return [code for code, _ in done], [trial for _, found in done for trial in found]


def is_shown(trial, shown):
    """Whether the runner refused it, and each reason is that of a smallest graph."""
    reasons = {general(node["message"], trial["model"]) for node in trial["nodes"]}
    return trial["outcome"] == "unsupported" and bool(reasons) and reasons <= shown.keys()


def of(trials, contestant, workload):
    """Those of a workload that the contestant can do."""
    return [trial for trial in trials[1] if trial["contestant"] == contestant.name and trial["workload"] == workload]


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_every_mutant_is_rejected(findings, trials, full, contestant, workload):
    """Or refused for reasons that smallest graphs show: then the mistake cannot be made there."""
    mutants = [trial for trial in of(trials, contestant, workload) if trial["mutant"] and not trial["by_hash"]]
    accepted = {trial["mutant"]: trial["verdict"] + " " + trial["reason"] for trial in mutants
                if trial["verdict"] != "wrong" and not is_shown(trial, findings.reasons(contestant.folder))}
    assert not accepted
    tied = workload == "training" and contestant.training == "gradient-graph"  # has one more: its gradients are nodes, too
    expected = MUTANTS[workload] if full or workload != "training" else len(IN_TRAINING_ONLY)
    assert len(mutants) == expected + tied


@pytest.mark.parametrize("contestant", FIRST, ids=lambda contestant: contestant.name)
def test_most_mistakes_can_be_made(trials, contestant):
    """A runner that refuses most of them shows nothing."""
    verdicts = [trial["verdict"] for trial in trials[1] if trial["contestant"] == contestant.name and trial["mutant"] and not trial["by_hash"]]
    assert verdicts.count("wrong") * 2 > len(verdicts)


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_the_honest_runner_is_exact_before_and_after(trials, contestant, workload):
    honest = [trial["verdict"] for trial in of(trials, contestant, workload) if not trial["mutant"]]
    assert honest == ["exact", "exact"]


@pytest.mark.parametrize("contestant, workload", CELLS, ids=lambda value: getattr(value, "name", value))
def test_what_lies_below_rounding_is_told_by_the_graph(trials, full, contestant, workload):
    given = of(trials, contestant, workload)
    below = [trial for trial in given if trial["by_hash"]]
    assert {trial["mutant"] for trial in below} == ({"epsilon-last-digits"} if full or workload == "latency" else set())
    assert not {trial["graph"] for trial in below} & {trial["graph"] for trial in given if not trial["mutant"]}


@pytest.mark.full
@pytest.mark.parametrize("contestant", OTHERS, ids=lambda contestant: contestant.name)
def test_a_mutant_is_rejected_in_every_other_variant(contestant):
    code, found = gate("-f", contestant.name, "-w", "inference", "--mutant", ONE_MISTAKE)
    assert [(trial["mutant"], trial["verdict"]) for trial in found] == [("", "exact"), (ONE_MISTAKE, "wrong"), ("", "exact")]
    assert code == 0


def test_the_command_says_that_all_held(trials):
    """0, or 3 where something was not answered; 1 would be a mistake that passed."""
    assert max(trials[0]) == (0 if all(trial["answered"] for trial in trials[1]) else 3), trials[1]


def test_every_mutant_has_its_place_in_some_workload(trials):
    source = (HOME / "src/mutants/mutants.cc").read_text()
    # This model has no biases, no such epsilon and nothing that is quantised; src/mutants/mutants_test.cc has them.
    named = set(re.findall(r'Mutant\{"([a-z-]+)"', source)) - {"biases-dropped", "small-epsilon-times-ten", "halves-rounded-up", "quantum-too-many", "saturation-missing"}
    assert named == {trial["mutant"] for trial in trials[1] if trial["mutant"]}
