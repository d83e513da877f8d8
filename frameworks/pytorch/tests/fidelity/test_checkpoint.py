"""A directory that transformers saved is a model, whatever its numbers, shards and types: the program computes what transformers does."""

import json

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import smollm2  # noqa: E402
from program import Exported  # noqa: E402
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM  # noqa: E402

# Heads of another size than width / heads, an epsilon and a theta of their own.
NUMBERS = dict(hidden_size=24, num_hidden_layers=3, intermediate_size=40, num_attention_heads=4, num_key_value_heads=2, head_dim=10,
               vocab_size=200, rms_norm_eps=3e-4, rope_parameters={"rope_type": "default", "rope_theta": 5000.0}, initializer_range=0.3)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("shard", ["5GB", "10KB"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_saved_by_transformers(program, tmp_path, tied, shard, dtype):
    torch.manual_seed(7)
    llama = LlamaForCausalLM(LlamaConfig(**NUMBERS, tie_word_embeddings=tied)).to(dtype)
    directory = tmp_path / "checkpoint"
    llama.save_pretrained(directory, max_shard_size=shard)
    assert len(list(directory.glob("*.safetensors"))) == (1 if shard == "5GB" else len(list(directory.glob("*-of-*"))))
    program.run("materials", directory, "-w", "inference", "--dir", tmp_path / "out")
    files = Exported(tmp_path / "out")
    ours = program.reference(files, 1)["logits"]
    exact = smollm2.make_exact(llama.double().eval(), files.graph())
    with torch.no_grad():
        theirs = exact(files.tensors("inputs-1")["input_ids"]).logits
    assert ((ours - theirs).norm() / theirs.norm()).item() < 1e-12


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_an_embedding_is_pooled_as_sentence_transformers_says(program, tmp_path, pooling, normalised):
    torch.manual_seed(7)
    bert = BertModel(BertConfig(hidden_size=24, num_hidden_layers=2, intermediate_size=40, num_attention_heads=4, vocab_size=200,
                                initializer_range=0.3), add_pooling_layer=False)
    directory = tmp_path / "checkpoint"
    bert.save_pretrained(directory)
    modules = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")][:3 if normalised else 2]
    (directory / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"} for i, (name, path) in enumerate(modules)]))
    (directory / "1_Pooling").mkdir()
    (directory / "1_Pooling/config.json").write_text(json.dumps({
        "word_embedding_dimension": 24, "pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}))
    program.run("materials", directory, "-w", "inference", "--dir", tmp_path / "out")
    files = Exported(tmp_path / "out")
    with torch.no_grad():
        states = bert.double().eval()(files.tensors("inputs-1")["input_ids"]).last_hidden_state
    theirs = states[:, 0] if pooling == "cls" else states.mean(1)
    if normalised:
        theirs = torch.nn.functional.normalize(theirs, dim=-1)
    ours = program.reference(files, 1)["sentence_embedding"]
    assert ours.shape == theirs.shape and ((ours - theirs).norm() / theirs.norm()).item() < 1e-12
