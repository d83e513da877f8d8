"""Whole requests: read and answered token by token, judged token by token, with the time to the first token and of each further one."""

import pytest
from checkpoints import llama
from program import Assay
from suites import answering_requests

TINY = ("run", "-m", "smollm2-135m", "--size", "tiny", "--rounds", 2)
CONTESTANTS = answering_requests()


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """(assay, what it said) of a run of all who answer requests."""
    assay = Assay(tmp_path_factory.mktemp("requests"))
    chosen = [word for name in CONTESTANTS for word in ("-f", name)]
    return assay, assay(*TINY, *chosen, "-w", "generate", "--tokens", 9, "--new-tokens", 5, "--batch", 2, "--label", "requests")


def test_every_token_is_exact_and_the_parts_are_the_whole(measured):
    assay, done = measured
    assert done.code == 0, done.err
    shown = assay("show", "last", "--samples", "--json").document["results"]
    assert {(result["workload"], result["verdict"]) for result in shown} == {("generate[9,+5,x2]", "exact")}
    assert len(shown) == len(CONTESTANTS) > 2
    for result in shown:
        assert result["request"] == {"tokens": 9, "new-tokens": 5, "batch": 2}
        first, further = result["first_token_ms"]["median"], result["further_token_ms"]["median"]
        assert 0 < first and 0 < further
        for visit in result["visits"]:
            assert len(visit["parts_ns"]) == 5 * len(visit["samples_ns"]) and sum(visit["parts_ns"]) <= sum(visit["samples_ns"])


def test_the_table_says_what_of_the_time_is_what(measured):
    assay, done = measured
    head = next(line for line in done.out.splitlines() if line.lstrip().startswith("#"))
    assert "first token" in head and "each further" in head
    assert "first token" not in assay(*TINY, "-f", "fake/honest", "-w", "latency").out


def test_what_was_measured_in_parts_can_be_exchanged(measured, tmp_path):
    file, assay, other = tmp_path / "requests.jsonl", measured[0], Assay(tmp_path)
    assert assay("export", "requests", "-o", file).code == 0
    assert other("import", file).code == 0
    again = other("show", "last", "--json").document["results"]
    assert all(result["further_token_ms"]["median"] > 0 for result in again)


def test_a_request_is_measured_only_where_it_is_asked_for(assay):
    workloads = {result["workload"] for result in assay(*TINY, "-f", CONTESTANTS[0], "--json").document["results"]}
    assert workloads == {"inference", "latency", "training"}
    asked = assay(*TINY, "-f", CONTESTANTS[0], "--new-tokens", 3, "--json").document["results"]
    assert [result["workload"] for result in asked] == ["generate[+3]"]


def test_a_request_needs_two_tokens_and_a_language_model(assay):
    few = assay("run", "-m", "smollm2-135m", "-w", "generate", "--new-tokens", 1)
    assert few.code == 2 and "--new-tokens" in few.err and "2" in few.err
    none = assay("run", "-m", "resnet-50", "-w", "generate")
    assert none.code == 2 and "generate" in none.err


@pytest.mark.parametrize("numbers", [{"head_dim": 6}, {"model_type": "mistral", "sliding_window": 8}], ids=["odd-heads", "windows"])
def test_own_decoders_whose_attention_no_fused_operator_takes(assay, tmp_path, numbers):
    chosen = [word for name in CONTESTANTS for word in ("-f", name)]
    done = assay("judge", "-m", llama(tmp_path / "own", **numbers), *chosen, "-w", "generate", "--tokens", 9, "--new-tokens", 5, "--batch", 2, "--json")
    trials = {trial["contestant"]: (trial["outcome"], trial["verdict"]) for trial in done.document["results"]}
    assert len(trials) == len(CONTESTANTS)
    assert set(trials.values()) <= {("ok", "exact"), ("unsupported", "unchecked")} and list(trials.values()).count(("ok", "exact")) >= len(trials) - 1
