"""The ggml runner on models in miniature, against ONNX's reference evaluator, and what it refuses."""

import json

import numpy
import onnx.reference
import pytest
from drive import exported, write_inputs
from safetensors.numpy import load_file

# Of each workload, the graph as ONNX has it and whether the runner is asked for gradients of its own.
WORKLOADS = {"inference": ("model.onnx", False), "latency": ("model.onnx", False), "training": ("gradient.onnx", True),
             "gradient-graph": ("gradient.onnx", False)}
CASES = [("smollm2-135m", workload) for workload in WORKLOADS] + [
    (model, workload) for model in ("minilm-l6", "resnet-50", "sd15-unet", "smolvla-expert", "whisper-tiny")
    for workload in ("inference", "latency")] + [("resnet-50", "training")]


def expected(folder, model, input_set):
    feeds = load_file(folder / f"inputs-{input_set}.safetensors")
    if (folder / "state.safetensors").exists():
        feeds |= load_file(folder / "state.safetensors")
    evaluator = onnx.reference.ReferenceEvaluator(str(folder / model))
    return dict(zip(evaluator.output_names, evaluator.run(None, feeds)))


@pytest.mark.parametrize("model, workload", CASES)
def test_computes_what_the_graph_says(client, tmp_path, model, workload):
    graph, gradients = WORKLOADS[workload]
    folder = exported(tmp_path / workload, "training" if workload == "gradient-graph" else workload, model)
    runner = client()
    changes = {"graph": "gradient.json"} if workload == "gradient-graph" else {}
    assert "result" in runner.load(folder, gradients=gradients, **changes)
    for numbers in ((1,), (1, 0), (0, 0, 1)):
        got, wanted = runner.run(folder, *numbers), expected(folder, graph, numbers[-1])
        assert set(got) == set(wanted)
        for name, tensor in wanted.items():
            error = numpy.linalg.norm(got[name] - tensor) / max(numpy.linalg.norm(tensor), 1e-30)
            assert error < 1e-5, f"{name}: {error}"


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "ggml" and description["training"] is True
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


@pytest.mark.parametrize("changes, reason", [({"device": "cuda"}, "device"), ({"precision": "bf16"}, "precision")])
def test_says_what_it_has_not(client, tmp_path, changes, reason):
    folder = exported(tmp_path, "inference")
    assert client().load(folder, **changes)["error"]["reason"] == reason


def test_lists_every_node_it_cannot_do(client, tmp_path):
    folder = exported(tmp_path, "inference")
    graph = json.loads((folder / "graph.json").read_text())
    changed = [node for node in graph["nodes"] if node["op"] == "Swish"]
    for node in changed:
        node["op"] = "Erf"
    (folder / "graph.json").write_text(json.dumps(graph))
    error = client().load(folder)["error"]
    assert error["reason"] == "operator" and [node["node"] for node in error["nodes"]] == [node["name"] for node in changed]


def test_a_rotation_that_is_none_is_refused(client, tmp_path):
    folder = exported(tmp_path, "inference")
    graph = json.loads((folder / "graph.json").read_text())
    table = next(value for value in graph["values"] if value["name"] == "rope.sin")
    table["data"][-1] += 0.01
    (folder / "graph.json").write_text(json.dumps(graph))
    error = client().load(folder)["error"]
    assert {node["op"] for node in error["nodes"]} == {"RotaryEmbedding"}


def test_one_causal_query_sees_one_key(client, tmp_path):
    shapes = {"q": [1, 1, 4], "k": [1, 3, 4], "v": [1, 3, 4]}
    values = [{"name": name, "dtype": "F32", "shape": shape, "role": "input"} for name, shape in shapes.items()]
    node = {"name": "attention", "op": "Attention", "inputs": list(shapes), "outputs": ["y"],
            "attributes": {"is_causal": 1, "q_num_heads": 1, "kv_num_heads": 1}}
    graph = {"assay_graph": 1, "name": "one query", "values": [*values, {"name": "y", "dtype": "F32", "shape": [1, 1, 4], "role": "computed"}],
             "nodes": [node], "outputs": ["y"]}
    chooser = numpy.random.default_rng(0)
    inputs = {name: chooser.standard_normal(shape, numpy.float32) for name, shape in shapes.items()}
    folder = write_inputs(tmp_path / "one", graph, {"unused": numpy.zeros(1, numpy.float32)}, inputs)
    runner = client()
    assert "result" in runner.load(folder)
    numpy.testing.assert_allclose(runner.run(folder, 0)["y"][0, 0], inputs["v"][0, 0], rtol=1e-6)
