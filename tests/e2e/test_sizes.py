"""Requests of other sizes than usual: what is measured, how it is called, what is refused, what a sweep and several numbers of threads end in."""

import pytest
from suites import quickest_in_python

FRAMEWORK = quickest_in_python()
TINY = ("--size", "tiny", "--rounds", 2, "-f", "fake/honest")


def workloads(done):
    return [result["workload"] for result in done.document["results"]]


@pytest.mark.parametrize("model, options, expected", [
    ("smollm2-135m", ("-w", "inference", "--tokens", 9, "--batch", 2), "inference[9,x2]"),
    ("smollm2-135m", ("-w", "latency", "--context", 33), "latency[@33]"),
    ("smollm2-135m", ("-w", "training", "--tokens", "128"), "training"),
    ("minilm-l6", ("-w", "latency", "--tokens", 12, "--batch", 3), "latency[12,x3]"),
    ("resnet-50", ("-w", "latency", "--image", 48), "latency[48px]"),
    ("whisper-tiny", ("-w", "latency[@5,4s]", "--batch", 2), "latency[@5,4s,x2]"),
    ("smolvla-expert", ("-w", "inference", "--context", 5), "inference[@5]"),
    ("unet-mini", ("-w", "training", "--latent", 8), "training[8lat]"),
])
def test_a_request_is_measured_under_its_name(assay, model, options, expected):
    done = assay("run", "-m", model, *options, *TINY, "--json")
    assert done.code == 0, done.err
    assert workloads(done) == [expected]
    result = done.document["results"][0]
    assert result["verdict"] == "exact" and result["time_ms"]
    assert result["kind"] == expected.split("[")[0] and result["request"]["batch"] >= 1


def test_a_sweep_ends_with_a_table_over_its_axis_and_is_stored(assay):
    done = assay("run", "-m", "smollm2-135m", "-w", "latency", "--context", "9,128,33", *TINY)
    assert done.code == 0, done.err
    table = done.out[done.out.index("latency by context"):]
    assert "context 9" in table and "context 33" in table and "context 128" in table and "fake/honest@cpu" in table
    shown = assay("show", "last", "--json").document
    assert [sweep["axis"] for sweep in shown["sweeps"]] == ["context"]
    points = shown["sweeps"][0]["series"][0]["points"]
    assert [(point["size"], point["workload"]) for point in points] == [(9, "latency[@9]"), (33, "latency[@33]"), (128, "latency")]
    assert all(point["items_per_s"] > 0 for point in points)
    assert "latency by context" in assay("show", "last").out
    assert {result["workload"]: result["request"] for result in shown["results"]}["latency"] == {"context": 128, "batch": 1}


def test_what_is_stored_is_found_by_its_size(assay):
    assert assay("run", "-m", "smollm2-135m", "-w", "latency", "--context", "9,33", *TINY, "--label", "one").code == 0
    assert assay("run", "-m", "smollm2-135m", "-w", "latency", "--context", "9", *TINY, "--label", "two").code == 0
    compared = assay("compare", "one", "two", "--json").document["changes"]
    assert [change["workload"] for change in compared] == ["latency[@9]"]
    assert assay("compare", "one", "two", "-w", "latency", "--json").document["changes"]
    assert assay("compare", "one", "two", "-w", "latency[@33]", "--json").code == 2
    history = assay("history", "-f", "fake/honest", "-w", "latency[@33]", "--json")
    assert history.code == 0 and "latency[@33]" in history.out and "latency[@9]" not in history.out
    advised = [answer["workload"] for answer in assay("advise", "--size", "tiny", "--for", "latency", "--json").document["advice"]]
    assert advised == ["latency[@33]", "latency[@9]"]
    assert assay("advise", "--size", "tiny", "--for", "latency", "--context", 33, "--json").document["advice"][0]["workload"] == "latency[@33]"


@pytest.mark.parametrize("options, said", [
    (("-m", "smollm2-135m", "-w", "inference", "--context", 64), "--context 64: inference of smollm2-135m tiny takes --tokens, --batch"),
    (("-m", "whisper-tiny", "--seconds", 31), "--seconds 31: inference of whisper-tiny tiny takes 1 to 30"),
    (("-m", "minilm-l6", "--tokens", 161), "--tokens 161: inference of minilm-l6 tiny takes 3 to 160"),
    (("-m", "sd15-unet", "--latent", 12), "takes 8 to 1024, a multiple of 8"),
    (("-m", "smollm2-135m", "--tokens", 8192, "--batch", 1024), "more than Assay builds"),
    (("-m", "smollm2-135m", "-w", "latency[64]"), "--tokens 64: latency of smollm2-135m tiny takes --context, --batch"),
    (("-m", "smollm2-135m", "-w", "latency[@64"), "a ']' is missing"),
    (("-m", "smollm2-135m", "-w", "latency[@64,@65]"), "context comes twice"),
    (("-m", "smollm2-135m", "-w", "latency[huge]"), "'huge' is no size"),
    (("-m", "smollm2-135m", "--context", 0), "--context"),
    (("-m", "smollm2-135m", "--context", "1,x"), "--context"),
    (("-m", "smollm2-135m", "--context", ""), "--context"),
    (("--preset", "chat-tern"), "Did you mean chat-turn?"),
    (("--preset", "chat-turn", "-w", "latency"), "--preset"),
    (("-m", "smollm2-135m", "--threads", "1,two"), "--threads"),
])
def test_what_does_not_fit_is_refused_in_one_line(assay, options, said):
    done = assay("run", *options, *TINY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err and done.err.count("\n") == 1


def test_a_preset_is_a_model_with_sizes(assay):
    done = assay("run", "--preset", "autocomplete", *TINY, "--json")
    assert done.code == 0, done.err
    assert workloads(done) == ["inference[16]", "latency[@16]"]
    presets = assay("list", "--presets", "--json").document["presets"]
    assert {"preset": "autocomplete"}.items() <= next(one for one in presets if one["preset"] == "autocomplete").items()
    assert all(preset["preset"] in assay("list", "--presets").out for preset in presets[:3])


def test_what_a_workload_takes_is_listed(assay):
    rows = assay("list", "--size", "tiny", "--json").document["workloads"]
    takes = {(row["model"], row["workload"]): row["takes"] for row in rows}
    assert takes["smollm2-135m", "latency"]["context"] == {"usual": 128, "least": 1, "most": 8191, "multiple_of": 1}
    assert set(takes["resnet-50", "training"]) == {"image", "batch"}


def test_contestants_at_several_numbers_of_threads(assay):
    done = assay("run", "-m", "unet-mini", "-w", "latency", "--threads", "1,2", *TINY)
    assert done.code == 0, done.err
    assert "by threads" in done.out and "1 thread" in done.out and "2 threads" in done.out
    document = assay("show", "last", "--json").document
    assert {result["contestant"]: result["threads"] for result in document["results"]} == {"fake/honest@cpu": 2, "fake/honest@cpu-1t": 1}
    assert document["cells"][0]["thread_counts"][0]["threads"] == [1, 2]
    again = assay("run", "-m", "unet-mini", "-w", "latency", "-f", "fake/honest@cpu-1t", "--size", "tiny", "--rounds", 1, "--json")
    assert [result["contestant"] for result in again.document["results"]] == ["fake/honest@cpu-1t"]


def test_a_sweep_of_a_real_framework_at_batch(assay):
    done = assay("run", "-m", "smollm2-135m", "-w", "inference", "--batch", "1,2", "--tokens", 7, "--size", "tiny", "--rounds", 2, "-f", FRAMEWORK, "--json")
    if any(result.get("reason_code") == "not_set_up" for result in done.document["results"]):
        pytest.skip(f"{FRAMEWORK} is not set up")
    assert done.code == 0, done.err
    assert {(result["workload"], result["verdict"]) for result in done.document["results"]} == {("inference[7]", "exact"), ("inference[7,x2]", "exact")}
    assert done.document["sweeps"][0]["axis"] == "batch"
