"""Requests of other sizes than usual, in one contestant of each form: three at once of a model of each family and all its workloads, of a language model with odd lengths. Exact,
or what the usual size is too: unsupported or wrong for a reason that smallest graphs show."""

import pytest
from conftest import CONTESTANTS
from contestants import is_first_of_its_form
from judge import gate, general
from test_models import ALL, one_of_each_family, wrong_workloads

REQUESTS = ("batch", "odd")
DECODER = "smollm2-135m"  # what takes all of the odd sizes
FAMILIES = [model for model in one_of_each_family() if model != DECODER]
FIRST = [contestant for contestant in CONTESTANTS if is_first_of_its_form(contestant, CONTESTANTS)]


def sizes(request, kinds):
    """The options of a request; each must be taken by one of the workloads."""
    if request == "batch":
        return ["--batch", 3]
    of_decoding = ["--context", 5] if "latency" in kinds else []
    of_requests = ["--new-tokens", 4] if "generate" in kinds else []
    return ["--batch", 3, *of_decoding, *of_requests, *(["--tokens", 7] if set(kinds) != {"latency"} else [])]


def trials(contestant, request):
    models = [DECODER] if request == "odd" else [model for model in FAMILIES if any(contestant.runs(workload) for name, workload in ALL if name == model)]
    kinds = dict.fromkeys(workload for model, workload in ALL if model in models and contestant.runs(workload))
    words = [word for model in models for word in ("-m", model)] + [word for kind in kinds for word in ("-w", kind)]
    return gate("-f", contestant.name, *words, *sizes(request, kinds))


def fault(findings, contestant, trial):
    """Why the trial is not what it must be; nothing where it is."""
    kind = trial["workload"].split("[")[0]
    wrong = wrong_workloads(contestant.folder)
    if operator := wrong.get(f"{trial['model']}/{trial['workload']}", wrong.get(f"{trial['model']}/{kind}")):
        if trial["verdict"] != "wrong":
            return "it has become right: take it out of wrong.toml"
        return "" if f"{operator}: wrong" in findings.reasons(contestant.folder) else "nothing shows that it is wrong"
    if trial["outcome"] == "unsupported":
        told = [node["message"] for node in trial["nodes"]] or [trial["reason"]]
        reasons = {general(text, f"{trial['model']}/{trial['workload']}") for text in told}
        return "" if reasons <= findings.reasons(contestant.folder).keys() else f"no smallest graph: {trial['reason']}"
    return "" if (trial["outcome"], trial["verdict"]) == ("ok", "exact") else f"{trial['outcome']}, {trial['verdict']}: {trial['reason']}"


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("contestant", FIRST, ids=lambda value: value.name)
def test_a_request_of_another_size_is_exact(findings, contestant, request_):
    found = trials(contestant, request_)
    assert found and all("[" in trial["workload"] for trial in found)
    faults = {f"{trial['model']} {trial['workload']}": fault(findings, contestant, trial) for trial in found}
    assert not {name: text for name, text in faults.items() if text}
