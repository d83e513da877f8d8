"""What the runner's rewriting does and leaves alone, and where memory lies; tests/conformance has what it computes."""

import os
import subprocess
from pathlib import Path

import numpy
import onnx
import pytest
from assay_runner import Load, Unsupported, aligned_empty, read_graph
from assay_runner.tensors import map_tensors, read_tensors
from conftest import FRAMEWORK
from onnx import helper
from onnxruntime_runner import OnnxRuntimeRunner
from rewrite import rewritten
from rewrite.program import Program, attributes
from rewrite.skip_norm import use_skip_norm

FORMS = {"inference": ("graph.json", "model.onnx", "default"), "latency": ("graph.json", "model.onnx", "default"),
         "training": ("gradient.json", "gradient.onnx", "gradient-graph")}


@pytest.fixture(scope="session")
def binary():
    named = Path(os.environ.get("ASSAY_BINARY", FRAMEWORK.parents[1] / "build/release/assay"))
    if not named.is_file():
        pytest.skip(f"{named} is not built: set ASSAY_BINARY")
    return named


@pytest.fixture(scope="session")
def exported(binary, tmp_path_factory):
    """exported(model, workload) -> its folder, written once."""
    folders = {}

    def get(model, workload):
        if (model, workload) not in folders:
            folder = folders[model, workload] = tmp_path_factory.mktemp(f"{model}-{workload}")
            subprocess.run([binary, "materials", model, "--size", "tiny", "-w", workload, "--dir", folder], check=True)
        return folders[model, workload]

    return get


def request(folder, workload, **changes):
    graph, onnx_file, variant = FORMS[workload]
    state = folder / "state.safetensors"
    values = dict(
        graph=read_graph(folder / graph), weights=map_tensors(folder / "weights.safetensors"),
        state=map_tensors(state) if state.exists() else {},
        gradients=False, variant=variant, device="cpu", precision="f32", threads=2, cache=folder, graph_path=folder / graph,
        weights_path=folder / "weights.safetensors", onnx_path=folder / onnx_file,
    )
    return Load(**(values | changes))


def step(runner, inputs):
    """With memory of its own, as the SDK gives it."""
    fresh = {name: aligned_empty(array.shape, array.dtype) for name, array in inputs.items()}
    for name, array in inputs.items():
        fresh[name][...] = array
    runner.step(runner.prepare(fresh))


def test_arguments_and_results_are_used_where_they_lie(exported):
    folder, runner = exported("smollm2-135m", "inference"), OnnxRuntimeRunner()
    assert runner.load(request(folder, "inference")).threads == 2
    inputs = read_tensors(folder / "inputs-0.safetensors")
    ((name, value),) = runner.prepare(inputs)
    assert value.data_ptr() == inputs[name].ctypes.data
    runner.step([(name, value)])
    before = runner.outputs()["logits"]
    kept = before.copy()
    step(runner, read_tensors(folder / "inputs-1.safetensors"))
    assert runner.outputs()["logits"] is before and not numpy.array_equal(before, kept)


def operators(program):
    return [node.op_type for node in onnx.load_from_string(program.bytes()).graph.node]


def test_every_layer_is_rewritten(exported):
    # Linear layers: seven a layer and the head; of one row, query, key and value are joined, and gate and up.
    for workload, fused, products in (("inference", 0, 15), ("latency", 2, 9)):
        folder = exported("smollm2-135m", workload)
        found = operators(rewritten(folder / "model.onnx", read_graph(folder / "graph.json"), variable_weights=False))
        assert found.count("SkipSimplifiedLayerNormalization") == 4  # two a layer, less the first, and the last norm
        assert found.count("QuickGelu") == 2 and "Swish" not in found
        assert found.count("FusedMatMul") == products and "Gemm" not in found
        assert found.count("GroupQueryAttention") == fused and found.count("Attention") == 2 - fused


def test_weights_of_a_training_step_are_no_constants(exported):
    folder = exported("smollm2-135m", "training")
    graph = read_graph(folder / "gradient.json")
    model = onnx.load_from_string(rewritten(folder / "gradient.onnx", graph, variable_weights=True).bytes())
    inputs = {entry.name for entry in model.graph.input}
    assert {value.name for value in graph.trainable()} <= inputs
    for node in model.graph.node:
        assert node.op_type != "Constant"


def test_gradients_are_not_there(exported):
    with pytest.raises(Unsupported, match="gradient-graph"):
        OnnxRuntimeRunner().load(request(exported("smollm2-135m", "inference"), "inference", gradients=True))


def test_all_nodes_without_a_kernel_are_named(exported, tmp_path):
    """RMSNormalization of a type that has no kernel, and an operator that does not exist, twice."""
    folder = exported("smollm2-135m", "inference")
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    for node in model.graph.node:
        if node.name in ("layers.0.key", "layers.1.key"):
            node.op_type, node.domain = "NoSuchOperator", "com.microsoft"
    (tmp_path / "weights.safetensors").symlink_to(folder / "weights.safetensors")
    onnx.save(model, tmp_path / "model.onnx")
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(Unsupported) as caught:
        OnnxRuntimeRunner().load(request(folder, "inference", onnx_path=tmp_path / "model.onnx"))
    assert caught.value.reason == "operator"
    assert [fault.node for fault in caught.value.nodes] == ["layers.0.key", "layers.1.key"]


class Sketch:
    """A graph of Assay with the given shapes, for a rule to look at."""

    class Value:
        def __init__(self, shape):
            self.shape, self.role, self.data = shape, "computed", None

    def __init__(self, shapes):
        self.values = {name: self.Value(shape) for name, shape in shapes.items()}


def norm_after_add(skip_shape, outputs=("y",), axis=-1):
    """y = RMSNormalization(sum), sum = x + skip; how often the rule fuses it."""
    nodes = [helper.make_node("Add", ["x", "skip"], ["sum"]),
             helper.make_node("RMSNormalization", ["sum", "scale"], ["y"], axis=axis, epsilon=0.5)]
    info = [helper.make_empty_tensor_value_info(name) for name in ("x", "skip", "scale")]
    graph = helper.make_graph(nodes, "g", info, [helper.make_empty_tensor_value_info(name) for name in outputs])
    program = Program(helper.make_model(graph), Sketch({"x": (1, 2, 8), "skip": skip_shape, "sum": (1, 2, 8), "scale": (8,)}))
    return use_skip_norm(program), program


def test_sum_stays_when_it_is_read():
    count, program = norm_after_add((1, 2, 8))
    assert count == 1 and list(program.nodes[0].output) == ["y"]
    assert attributes(program.nodes[0])["epsilon"] == 0.5
    count, program = norm_after_add((1, 2, 8), outputs=("y", "sum"))
    assert count == 1 and list(program.nodes[0].output) == ["y", "", "", "sum"]


def test_weights_are_joined_only_where_they_follow_each_other(exported):
    folder = exported("smollm2-135m", "latency")
    model, graph = onnx.load(folder / "model.onnx", load_external_data=False), read_graph(folder / "graph.json")
    program = Program(model, graph)
    names = [f"model.layers.0.self_attn.{part}_proj.weight" for part in "qkv"]
    weights = map_tensors(folder / "weights.safetensors")
    name = program.add_joined_weight(names)
    joined, content = program.extent(name), (folder / "weights.safetensors").read_bytes()
    rows = numpy.frombuffer(content[joined.offset : joined.offset + joined.length], "<f4").reshape(-1, 96)
    assert numpy.array_equal(rows, numpy.concatenate([weights[one] for one in names]))
    assert program.add_joined_weight(names[::-1]) is None
    assert program.add_joined_weight([names[0], names[2]]) is None


def test_what_is_not_recognised_stays():
    assert norm_after_add((8,))[0] == 0  # broadcast
    assert norm_after_add((1, 2, 8), axis=1)[0] == 0
