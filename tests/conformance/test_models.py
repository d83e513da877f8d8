"""Each family at its tiny size, each workload, in each contestant: exact, or unsupported for reasons that smallest graphs show, or wrong
where the framework's folder says so and which operator's graph shows it."""

import functools
import json
import subprocess
import tomllib

import pytest
from conftest import CONTESTANTS
from contestants import PROGRAM, is_first_of_its_form
from judge import gate, general

# A variant that is not the first of its form may compile for a minute what the first one reads: it gets one model, and without --full the last
# workload of that model it runs, which is training where it trains.
ONE_MODEL = "smollm2-135m"


@functools.cache
def listed():
    done = subprocess.run([PROGRAM, "list", "--json"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)["workloads"]


def cells():
    """(model, workload) of every model there is."""
    return [(entry["model"], entry["workload"]) for entry in listed()]


def one_of_each_family():
    """The first model of each."""
    first = {}
    for entry in listed():
        first.setdefault(entry["family"], entry["model"])
    return list(first.values())


def wrong_workloads(framework):
    """The operator to blame by MODEL/WORKLOAD, as the framework's folder says."""
    path = framework / "unsupported/wrong.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


ALL = cells()


def chosen(contestant, full):
    """(model, workload) of what the contestant is asked."""
    runs = [(model, workload) for model, workload in ALL if contestant.runs(workload)]
    if is_first_of_its_form(contestant, CONTESTANTS):
        return runs
    of_one = [(model, workload) for model, workload in runs if model == ONE_MODEL]
    return of_one if full else [cell for cell in of_one if cell[1] != "generate"][-1:]


def parameters():
    for contestant in CONTESTANTS:
        always = chosen(contestant, full=False)
        for model, workload in chosen(contestant, full=True):
            yield pytest.param(contestant, model, workload, marks=[] if (model, workload) in always else [pytest.mark.full])


@pytest.fixture(scope="module")
def trials(pytestconfig):
    """The trials of a contestant by model and workload."""
    known = {}

    def of(contestant):
        if contestant not in known:
            wanted = chosen(contestant, pytestconfig.getoption("--full"))
            words = [*(("-m", model) for model, _ in wanted), *(("-w", workload) for _, workload in wanted)]
            found = gate("-f", contestant.name, *(word for pair in dict.fromkeys(words) for word in pair))
            known[contestant] = {(trial["model"], trial["workload"]): trial for trial in found}
        return known[contestant]

    return of


@pytest.mark.parametrize("contestant, model, workload", parameters(), ids=lambda value: getattr(value, "name", value))
def test_every_workload_is_exact_or_refused_for_a_reason_that_is_shown(findings, trials, contestant, model, workload):
    trial = trials(contestant)[model, workload]
    if operator := wrong_workloads(contestant.folder).get(f"{model}/{workload}"):
        assert trial["verdict"] == "wrong", "it has become right: take it out of wrong.toml"
        assert f"{operator}: wrong" in findings.reasons(contestant.folder)
    elif trial["outcome"] == "unsupported":
        told = [node["message"] for node in trial["nodes"]] or [trial["reason"]]
        reasons = {general(text, f"{model}/{workload}") for text in told}
        assert reasons <= findings.reasons(contestant.folder).keys(), trial["reason"]
    else:
        assert (trial["outcome"], trial["verdict"]) == ("ok", "exact"), trial["reason"]
