"""Every family at its tiny size, every workload, in the runners that run all of it: judged by the gate, exact. (test_frameworks.py has the
language model, in whole runs; what ggml lacks is in its own tests.)"""

import pytest

MODELS = ["minilm-l6", "resnet-50", "sd15-unet", "smolvla-expert", "unet-mini", "whisper-tiny"]
WORKLOADS = {"pytorch/eager": ["inference", "latency", "training"], "onnxruntime/default": ["inference", "latency"],
             "onnxruntime/gradient-graph": ["training"]}
CELLS = [(contestant, model, workload) for contestant, workloads in WORKLOADS.items() for model in MODELS for workload in workloads
         if (model, workload) != ("minilm-l6", "training")]


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    from program import Assay
    words = [word for flag, names in {"-m": MODELS, "-f": WORKLOADS}.items() for name in names for word in (flag, name)]
    return Assay(tmp_path_factory.mktemp("models"))("gate", "--json", *words)


@pytest.mark.parametrize("contestant, model, workload", CELLS)
def test_every_workload_is_exact(trials, contestant, model, workload):
    found = [trial for trial in trials.document["results"] if (trial["contestant"].split("@")[0], trial["model"], trial["workload"]) ==
             (contestant, model, workload)]
    assert [trial["verdict"] for trial in found] == ["exact"], [trial["reason"] for trial in found] or trials.err
