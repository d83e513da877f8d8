"""Every model type of the family `encoder` against transformers, in float64: embeddings, and with a head logits, loss and gradients, at lengths
that cross the window of local attention; batches."""

import json

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import encoders  # noqa: E402
from program import Exported  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

EXACT = 1e-12
AS_IT_IS = 1e-4  # transformers computes angles, and ModernBERT's softmax, in float32
HEADS = [pytest.param(False, id="embedder"), pytest.param(True, id="masked-lm")]


def distance(x, truth):
    assert x.shape == truth.shape
    return ((x.double() - truth).norm() / truth.norm()).item()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """saved(name, masked_lm) -> the folder of its checkpoint, made once."""
    folders = {}

    def get(name, masked_lm=False, **options):
        key = (name, masked_lm, *options.items())
        if key not in folders:
            folders[key] = tmp_path_factory.mktemp(name) / "checkpoint"
            encoders.make(name, masked_lm).save_pretrained(folders[key], **options)
        return folders[key]

    return get


@pytest.fixture(scope="module")
def files(program, saved, tmp_path_factory):
    """files(name, masked_lm, workload) -> its files, written once."""
    done = {}

    def get(name, masked_lm, workload):
        if (name, masked_lm, workload) not in done:
            out = tmp_path_factory.mktemp("out")
            program.run("materials", saved(name, masked_lm), "-w", workload, "--dir", out)
            done[name, masked_lm, workload] = Exported(out)
        return done[name, masked_lm, workload]

    return get


def check(program, exported, model, input_set=1, limit=EXACT):
    ours = program.reference(exported, input_set)
    theirs = encoders.outputs(model, exported.tensors(f"inputs-{input_set}")["input_ids"])
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert distance(tensor, ours[name]) < limit, name


# A window of 24 is crossed by 128 tokens and by 14, and not by 13.
@pytest.mark.parametrize("workload", [pytest.param("inference", marks=pytest.mark.full), "latency", pytest.param("inference[13]", marks=pytest.mark.full), "inference[14]", "inference[40,x3]"])
@pytest.mark.parametrize("masked_lm", HEADS)
@pytest.mark.parametrize("name", encoders.MODELS)
def test_outputs(program, files, name, masked_lm, workload):
    exported = files(name, masked_lm, workload)
    model = encoders.exact(name, masked_lm)
    for input_set in (0, 1):
        check(program, exported, model, input_set)


@pytest.mark.parametrize("name", encoders.MODELS)
def test_outputs_as_transformers_rounds_them(program, files, name):
    check(program, files(name, True, "inference"), encoders.make(name, True).double(), limit=AS_IT_IS)


def named_as_saved(model, tensors, folder):
    """Tensors by the names of a model's parameters, under those that a checkpoint has."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    model.save_pretrained(folder)
    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("workload", ["training", "training[20,x2]"])
@pytest.mark.parametrize("name", encoders.MODELS)
def test_training(program, files, tmp_path, name, workload):
    exported, model = files(name, True, workload), encoders.exact(name, True)
    inputs = exported.tensors("inputs-1")
    ours = program.reference(exported, 1, graph="gradient")
    loss = torch.nn.functional.cross_entropy(model(inputs["input_ids"]).logits.flatten(0, 1), inputs["labels"])
    loss.backward()
    assert abs(ours.pop("loss").item() - loss.item()) < EXACT * loss.item()
    gradients = {parameter: value.grad for parameter, value in model.named_parameters()}
    assert all(gradient is not None and gradient.abs().max() > 0 for gradient in gradients.values())
    gradients = named_as_saved(encoders.make(name, True).double(), gradients, tmp_path / "gradients")
    assert {"grad." + parameter for parameter in gradients} == set(ours)
    largest = max(gradient.norm().item() for gradient in gradients.values())
    for parameter, gradient in gradients.items():
        # Of a bias of keys alone, which softmax takes out again, the gradient is rounding.
        assert (gradient - ours["grad." + parameter]).norm() < 10 * EXACT * max(gradient.norm().item(), 1e-3 * largest), parameter


@pytest.mark.parametrize("name", ["roberta", "modernbert", "nomic"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_and_shards(program, tmp_path, name, dtype):
    model = encoders.make(name, True).to(dtype)
    model.save_pretrained(tmp_path / "checkpoint", max_shard_size="10KB")
    assert len(list((tmp_path / "checkpoint").glob("*-of-*"))) > 2
    program.run("materials", tmp_path / "checkpoint", "-w", "inference[14]", "--dir", tmp_path / "out")
    exact = encoders.exact(name, True)
    exact.load_state_dict(model.double().state_dict())
    check(program, Exported(tmp_path / "out"), exact)


@pytest.mark.parametrize("name", ["bert", "roberta", "distilbert", "modernbert", "nomic"])
def test_sentence_transformers_takes_the_encoder_of_a_masked_language_model(program, saved, tmp_path, name):
    """Whatever architecture config.json names, and whatever stands before the tensors' names."""
    folder = tmp_path / "checkpoint"
    encoders.make(name, True).save_pretrained(folder)
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate([("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")])]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}))
    program.run("materials", folder, "-w", "inference", "--dir", tmp_path / "out")
    files = Exported(tmp_path / "out")
    model = encoders.exact(name, True)
    with encoders.in_double(), torch.no_grad():
        states = model.base_model(files.tensors("inputs-1")["input_ids"]).last_hidden_state
    theirs = torch.nn.functional.normalize(states[:, 0], dim=-1)
    assert distance(theirs, program.reference(files, 1)["sentence_embedding"]) < EXACT
    assert "training" not in json.loads(program.output("graph", folder, "--json")).get("workloads", [])


def test_names_as_transformers_has_them_in_memory(program, saved, tmp_path):
    """It writes NomicBERT under its authors' names unless it is told not to."""
    folder = saved("nomic", True, save_original_format=False)
    assert "nomic_bert.layers.0.self_attn.q_proj.weight" in load_file(folder / "model.safetensors")
    program.run("materials", folder, "-w", "inference[14]", "--dir", tmp_path / "out")
    check(program, Exported(tmp_path / "out"), encoders.exact("nomic", True))


def test_norms_under_their_old_names(program, saved, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    tensors = load_file(saved("bert", True) / "model.safetensors")
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): one for name, one in tensors.items()}
    assert len(set(old) - set(tensors)) == 2 * (1 + 2 * 4 + 1)
    twice = {"cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"].clone(), "cls.seq_relationship.weight": torch.zeros(2, 32)}
    save_file(old | twice, folder / "model.safetensors")
    (folder / "config.json").write_text((saved("bert", True) / "config.json").read_text())
    program.run("materials", folder, "-w", "inference[14]", "--dir", tmp_path / "out")
    check(program, Exported(tmp_path / "out"), encoders.exact("bert", True))


def test_a_head_that_is_not_that_of_the_words_is_refused(program, saved, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    tensors = load_file(saved("roberta", True) / "model.safetensors")
    save_file(tensors | {"lm_head.decoder.weight": torch.zeros(160, 32)}, folder / "model.safetensors")
    (folder / "config.json").write_text((saved("roberta", True) / "config.json").read_text())
    done = program.attempt("graph", folder)
    assert done.returncode == 4 and "lm_head.decoder.weight differs" in done.stderr, done.stderr


def test_no_token_types(program, saved, tmp_path):
    """As files for the model's own program say it: as if their row were zero."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    tensors = load_file(saved("nomic") / "model.safetensors")
    del tensors["embeddings.token_type_embeddings.weight"]
    save_file(tensors, folder / "model.safetensors")
    config = json.loads((saved("nomic") / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"type_vocab_size": 0}))
    program.run("materials", folder, "-w", "inference", "--dir", tmp_path / "out")
    model = encoders.exact("nomic")
    with torch.no_grad():
        model.embeddings.token_type_embeddings.weight.zero_()
    check(program, Exported(tmp_path / "out"), model)


def own_config(folder, source, **changes):
    """A checkpoint of NomicBERT with the config.json that its authors' program has."""
    folder.mkdir()
    (folder / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    program = "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"
    (folder / "config.json").write_text(json.dumps({
        "model_type": "nomic_bert", "architectures": ["NomicBertModel"], "auto_map": {"AutoModel": program}, "activation_function": "swiglu",
        "n_embd": 32, "n_layer": 4, "n_head": 4, "n_inner": 48, "n_positions": 256, "vocab_size": 160, "type_vocab_size": 2, "layer_norm_epsilon": 1e-12,
        "rotary_emb_base": 5000, "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None, "rotary_scaling_factor": None,
        "prenorm": False, "qkv_proj_bias": False, "mlp_fc1_bias": False, "mlp_fc2_bias": False, "causal": False, "scale_attn_weights": True,
        "max_trained_positions": 2048, "use_flash_attn": True, "pad_vocab_size_multiple": 64, "attn_pdrop": 0.1} | changes))
    return folder


def test_the_config_of_nomics_own_program(program, saved, tmp_path):
    folder = own_config(tmp_path / "checkpoint", saved("nomic"))
    program.run("materials", folder, "-w", "inference", "--dir", tmp_path / "out")
    check(program, Exported(tmp_path / "out"), encoders.exact("nomic"))


@pytest.mark.parametrize("key, value", [
    ("activation_function", "gelu"), ("prenorm", True), ("qkv_proj_bias", True), ("mlp_fc1_bias", True), ("mlp_fc2_bias", True), ("causal", True),
    ("parallel_block", True), ("rotary_emb_interleaved", True), ("use_rms_norm", True), ("scale_attn_weights", False), ("rotary_emb_scale_base", 512),
    ("rotary_scaling_factor", 2), ("rotary_emb_fraction", 0.5), ("hidden_size", 32), ("auto_map", {"AutoModel": "modeling.Other"}), ("n_layer", 1000000),
    ("n_positions", 64), ("architectures", ["NomicBertForPreTraining"]), ("rotary_emb_base", -1)])
def test_what_nomics_own_program_would_do_otherwise_is_refused(program, saved, tmp_path, key, value):
    done = program.attempt("graph", own_config(tmp_path / "checkpoint", saved("nomic"), **{key: value}))
    assert done.returncode == 4 and f"config.json: '{key}' is " in done.stderr and "expected" in done.stderr, done.stderr
