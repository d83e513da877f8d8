"""`assay import hf`: directories with checkpoints of many architectures, tiny and random, as transformers saves them."""

import json

import pytest
import torch
import transformers
from assay_export import checkpoint
from assay_export.protocol import Refused
from conftest import EXACT

WIDTHS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
TEXT = {"vocab_size": 99, "max_position_embeddings": 16}
# How it is made, and how many of the operators that a framework has a kernel for are in the graph: fewer means that recognition was lost.
MODELS = {
    "vit": (lambda: transformers.ViTForImageClassification(transformers.ViTConfig(**WIDTHS, image_size=32, patch_size=8)),
            {"Attention": 2, "LayerNormalization": 5, "Gelu": 2, "Linear": 13}),
    "convnext": (lambda: transformers.ConvNextForImageClassification(transformers.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, image_size=32)),
                 {"Conv": 4, "LayerNormalization": 5, "Gelu": 2, "Linear": 5}),
    "clip-text": (lambda: transformers.CLIPTextModel(transformers.CLIPTextConfig(**WIDTHS, **TEXT, eos_token_id=98, bos_token_id=97)),
                  {"Attention": 2, "LayerNormalization": 5, "Linear": 12}),
    "t5-encoder": (lambda: transformers.T5EncoderModel(transformers.T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, vocab_size=99)),
                   {"Attention": 2, "RMSNormalization": 5, "Linear": 12}),
    "gpt2": (lambda: transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=99, n_positions=16, eos_token_id=98, bos_token_id=98)),
             {"Attention": 2, "LayerNormalization": 5, "Gelu": 2, "Linear": 9}),
    "qwen3": (lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**WIDTHS, **TEXT, num_key_value_heads=2, head_dim=8)),
              {"Attention": 2, "RMSNormalization": 9, "RotaryEmbedding": 4, "Swish": 2, "Linear": 15, "Expand": None}),
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("hf")
    for name, (make, _) in MODELS.items():
        torch.manual_seed(0)
        model = make()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)  # as transformers draws them, all answers are much alike
        model.save_pretrained(folder / name)
    return folder


ALWAYS = ("vit", "t5-encoder", "qwen3")  # an image, an encoder and a decoder


@pytest.mark.parametrize("name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.full) for name in MODELS])
def test_an_architecture(assay, checkpoints, name):
    made = assay.imported("hf", checkpoints / name)
    expected = MODELS[name][1]
    assert {operator: made["operators"].get(operator) for operator in expected} == expected, made["operators"]
    assert made["precision"] == "float64" and made["difference"] < 1e-6, made
    assert "not equal in float64" not in made["said"]
    if name in ("vit", "qwen3"):
        assert assay.verdicts() == EXACT


def test_the_class_of_a_task_and_sizes_that_were_asked_for(assay, checkpoints):
    made = assay.imported("hf", checkpoints / "vit", "--task", "feature-extraction", "--dim", "batch=2")
    assert "ViTModel with pixel_values [2, 3, 32, 32]; outputs: last_hidden_state, pooler_output" in made["said"], made["said"]
    assert "2 of its weights are not in the checkpoint and were drawn at random: pooler.dense.bias, pooler.dense.weight" in made["said"], made["said"]
    (result,) = assay("run", "-m", assay.folder / "model.onnx", "-f", "fake/honest", "--rounds", 1, "--json").document["results"]
    assert result["verdict"] == "exact" and result["model"].startswith(assay.folder.name)


def changed(checkpoints, tmp_path, **keys):
    """vit's directory with other keys in its config.json."""
    folder = tmp_path / "changed"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(json.loads((checkpoints / "vit/config.json").read_text()) | keys))
    (folder / "model.safetensors").symlink_to(checkpoints / "vit/model.safetensors")
    return folder


def refusal(folder, task="", **sizes):
    with pytest.raises(Refused) as caught:
        checkpoint.case_of({"source": str(folder), "directory": "/", "sizes": sizes, "task": task})
    return caught.value.kind, str(caught.value)


@pytest.mark.parametrize("keys, said", [
    ({"model_type": "unheard-of"}, f"key model_type: transformers {transformers.__version__} has no code for 'unheard-of': --python PATH"),
    ({"model_type": "unheard-of", "auto_map": {"AutoModel": "own.Model"}}, "it brings code of its own (auto_map), which is not run"),
    ({"hidden_size": 40}, "transformers cannot load it as ViTForImageClassification"),
])
def test_a_config_that_cannot_be_followed(checkpoints, tmp_path, keys, said):
    kind, text = refusal(changed(checkpoints, tmp_path, **keys))
    assert kind == "data" and said in text, text


def test_sizes_and_tasks_that_it_has_not(checkpoints):
    assert refusal(checkpoints / "vit", sequence=4) == ("usage", "--dim sequence: this model's inputs have batch, image")
    assert refusal(checkpoints / "vit", task="text-generation") == ("usage", "--task text-generation: transformers has no vit for it")
    assert "--task singing: known are feature-extraction" in refusal(checkpoints / "vit", task="singing")[1]


def test_a_directory_without_a_config(assay, tmp_path):
    done = assay("import", "hf", tmp_path)
    assert done.code == 2 and "there is no config.json in this directory" in done.err and done.err.count("\n") == 1, done.err
    assert refusal(tmp_path / "nowhere")[1].startswith("there is no such directory")
    (tmp_path / "config.json").write_text("{")
    assert refusal(tmp_path)[0] == "data"


def test_a_model_type_that_has_no_graph_here_is_led_to_this(assay, checkpoints):
    done = assay("graph", checkpoints / "vit")
    assert done.code == 4 and "`assay import hf DIRECTORY`" in done.err, done.err
