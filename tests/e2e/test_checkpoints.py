"""A model is what was asked for: by its directory, by a name of the catalogue, by a file of weights, and in the files that are written."""

import json
import shutil

import numpy
import onnx
import pytest
from checkpoints import llama, roberta
from safetensors.numpy import load_file, save_file

TINY = ["smollm2-135m", "--size", "tiny"]
RUN = ["-w", "inference", "-f", "fake/honest", "--rounds", 1, "--json"]
EMBEDDING = "model.embed_tokens.weight"


def of_directory(assay, directory):
    """The name that a directory's model has, as the program says it."""
    done = assay("graph", directory)
    assert done.code == 0, done.err
    return done.out.split("/full/")[0]


def test_two_directories_of_one_name_are_two_models(assay, tmp_path):
    first, second = llama(tmp_path / "x/m", 1), llama(tmp_path / "y/m", 2)
    done = assay("run", "-m", first, "-m", second, "-m", tmp_path / "y/../x/m", *RUN)
    assert done.code == 0, done.err
    names = [result["model"] for result in done.document["results"]]
    assert names == [of_directory(assay, first), of_directory(assay, second)] and len(set(names)) == 2
    assert all(name.startswith("m#") for name in names)
    for directory, name in zip((first, second), names):  # which is which
        assert f"{directory} is {name}" in done.err
    stored = assay("show", "last", "--samples").document["results"]
    assert [(result["model"], len(result["visits"])) for result in stored] == [(name, 1) for name in names]


def test_a_checkpoint_under_a_name_of_the_catalogue_has_its_numbers(assay, tmp_path):
    variables = {"ASSAY_CACHE": str(tmp_path / "cache")}
    graph = assay("graph", "minilm-l6", "--json", **variables).document
    folder = tmp_path / "cache/checkpoints/minilm-l6"
    folder.mkdir(parents=True)
    save_file({value["name"]: numpy.zeros(value["shape"], numpy.float32) for value in graph["values"] if value["role"] == "parameter"},
              folder / "model.safetensors")
    config = {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536,
              "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
    (folder / "config.json").write_text(json.dumps(config))
    assert assay("graph", "minilm-l6", **variables).code == 0
    (folder / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-5}))
    done = assay("graph", "minilm-l6", **variables)
    assert done.code == 4 and "config.json: layer_norm_eps is 1e-05, expected 1e-12 by minilm-l6" in done.err, done.err


@pytest.mark.parametrize("command", [["run", "-m", *TINY, *RUN], ["materials", *TINY, "--dir", "out"]], ids=["run", "materials"])
def test_a_file_with_more_than_the_models_weights_is_refused(assay, tmp_path, command):
    assert assay("materials", *TINY, "--dir", tmp_path / "plain").code == 0
    weights = load_file(tmp_path / "plain/weights.safetensors")
    save_file(weights | {"lm_head.weight": weights[EMBEDDING] + 1}, tmp_path / "untied.safetensors")
    save_file(weights | {"model.layers.0.self_attn.q_proj.bias": numpy.zeros(96, numpy.float32)}, tmp_path / "biased.safetensors")
    save_file(weights | {"lm_head.weight": weights[EMBEDDING]}, tmp_path / "tied.safetensors")
    words = [str(tmp_path / word) if word == "out" else word for word in command]
    for name, tensor in {"untied": "lm_head.weight", "biased": "q_proj.bias"}.items():
        done = assay(*words, "--weights", tmp_path / f"{name}.safetensors")
        assert done.code == 4 and tensor in done.err and f"{name}.safetensors" in done.err, done.err
    done = assay(*words, "--weights", tmp_path / "tied.safetensors")
    assert done.code == 0, done.err


def tensors_of(path):
    """The tensors that an ONNX file refers to."""
    model = onnx.load(path)
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer if tensor.name.startswith("model.")}


def test_an_onnx_file_has_the_weights_that_were_asked_for(assay, tmp_path):
    for seed in (1, 2, 1):
        assert assay("graph", *TINY, "--seed", seed, "--onnx", tmp_path / "m.onnx").code == 0
        assert assay("materials", *TINY, "--seed", seed, "--dir", tmp_path / f"{seed}").code == 0
        wanted = load_file(tmp_path / f"{seed}/weights.safetensors")
        found = tensors_of(tmp_path / "m.onnx")
        assert found.keys() == wanted.keys()
        assert all(numpy.array_equal(found[name], wanted[name]) for name in wanted)


def test_files_of_the_users_are_left_alone(assay, tmp_path):
    for name in ("m.safetensors", "m.gguf.safetensors", "m.txt", "g.json"):
        (tmp_path / name).write_text("mine")
    assert assay("graph", *TINY, "--onnx", tmp_path / "m.onnx", "--gguf", tmp_path / "m.gguf").code == 0
    assert (tmp_path / "m.onnx").exists() and (tmp_path / "m.gguf").read_bytes()[:4] == b"GGUF"
    assert [(tmp_path / name).read_text() for name in ("m.safetensors", "m.gguf.safetensors")] == ["mine", "mine"]
    assert sorted(path.suffix for path in tmp_path.glob("m.*")) == [".gguf", ".onnx", ".safetensors", ".safetensors", ".safetensors", ".txt"]
    for option, name in {"--onnx": "g.json", "--gguf": "m.txt"}.items():
        done = assay("graph", *TINY, option, tmp_path / name)
        assert done.code == 2 and name in done.err, done.err
        assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("command", [["graph", *TINY, "--onnx", "{}/model.onnx"], ["materials", *TINY, "--dir", "{}"]], ids=["onnx", "materials"])
def test_nothing_is_written_beside_a_checkpoint(assay, tmp_path, command):
    folder = llama(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {
        name: "model-00001-of-00001.safetensors" for name in load_file(folder / "model-00001-of-00001.safetensors")}}))
    before = sorted(path.name for path in folder.iterdir())
    done = assay(*(word.format(folder) for word in command))
    assert done.code == 2 and str(folder) in done.err, done.err
    assert sorted(path.name for path in folder.iterdir()) == before
    assert assay("graph", folder).code == 0


def test_an_export_leaves_nothing_of_an_earlier_one(assay, tmp_path):
    for workload, model in (("latency", "smollm2-135m"), ("training", "smollm2-135m"), ("inference", "smollm2-1.7b")):
        for name in ("out", workload):
            assert assay("materials", model, "--size", "tiny", "-w", workload, "--dir", tmp_path / name).code == 0
        names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("out", workload)]
        assert names[0] == names[1]
        assert all((tmp_path / "out" / name).read_bytes() == (tmp_path / workload / name).read_bytes() for name in names[0])


def test_a_directory_may_have_a_name_of_another_thing(assay, tmp_path):
    """One that ends in .json is no graph; one like a model's of the catalogue is ./NAME."""
    llama(tmp_path / "llama.json")
    shutil.copytree(tmp_path / "llama.json", tmp_path / "minilm-l6")
    assert of_directory(assay, tmp_path / "llama.json").startswith("llama.json#")
    prefix, assay.prefix = assay.prefix, ["env", "-C", str(tmp_path)]
    named, directory = assay("graph", "minilm-l6", "--size", "tiny"), assay("graph", "./minilm-l6")
    assay.prefix = prefix
    assert named.code == directory.code == 0
    assert named.out.startswith("minilm-l6/tiny/") and "./minilm-l6" in named.err
    assert directory.out.startswith("minilm-l6#")


def test_an_encoder_is_run(assay, tmp_path):
    """Every workload of a masked language model; as an embedder its tensors of a head are too many."""
    folder = roberta(tmp_path / "m")
    done = assay("run", "-m", folder, "-w", "inference[20,x2]", "-w", "latency", "-w", "training", "-f", "fake/honest", "--rounds", 1, "--json")
    assert done.code == 0, done.err
    found = {result["workload"]: result for result in done.document["results"]}
    assert {name: result["verdict"] for name, result in found.items()} == dict.fromkeys(("inference[20,x2]", "latency", "training"), "exact")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["RobertaModel"]}))
    done = assay("graph", folder)
    assert done.code == 4 and "lm_head." in done.err and len(done.err.splitlines()) == 1, done.err


@pytest.mark.parametrize("key", ["num_hidden_layers", "vocab_size", "intermediate_size", "max_position_embeddings", "type_vocab_size"])
def test_immense_numbers_of_an_encoder_are_refused_at_once(assay, tmp_path, key):
    done = assay("graph", roberta(tmp_path / "m", 0), timeout=10)
    assert done.code == 0, done.err
    config = json.loads((tmp_path / "m/config.json").read_text())
    (tmp_path / "m/config.json").write_text(json.dumps(config | {key: 1_000_000_000}))
    done = assay("graph", tmp_path / "m", timeout=10)
    assert done.code == 4 and "000000000" in done.err and len(done.err.splitlines()) == 1, done.err


@pytest.mark.parametrize("key", ["num_hidden_layers", "head_dim", "vocab_size", "intermediate_size"])
def test_immense_numbers_are_refused_at_once(assay, tmp_path, key):
    folder = llama(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: 1_000_000_000}))
    done = assay("graph", folder, timeout=10)
    assert done.code == 4 and "000000000" in done.err and len(done.err.splitlines()) == 1, done.err
