"""Checkpoint directories in miniature, as Hugging Face lays them out."""

import json

import numpy
from safetensors.numpy import save_file

LLAMA = {"model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 24, "num_attention_heads": 4,
         "num_key_value_heads": 2, "vocab_size": 160, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True}


def llama_shapes(config):
    width, hidden = config["hidden_size"], config["intermediate_size"]
    size = config.get("head_dim", width // config["num_attention_heads"])
    queries, keys = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], width), "model.norm.weight": (width,)}
    parts = {"input_layernorm": (width,), "post_attention_layernorm": (width,), "self_attn.q_proj": (queries, width),
             "self_attn.k_proj": (keys, width), "self_attn.v_proj": (keys, width), "self_attn.o_proj": (width, queries),
             "mlp.gate_proj": (hidden, width), "mlp.up_proj": (hidden, width), "mlp.down_proj": (width, hidden)}
    for layer in range(config["num_hidden_layers"]):
        shapes |= {f"model.layers.{layer}.{part}.weight": shape for part, shape in parts.items()}
    return shapes


ROBERTA = {"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 24,
           "num_attention_heads": 4, "vocab_size": 160, "max_position_embeddings": 130, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
           "hidden_act": "gelu", "pad_token_id": 1}


def roberta_shapes(config):
    """With its head, which knows the words from the embedding."""
    width, hidden = config["hidden_size"], config["intermediate_size"]
    tables = {"word": config["vocab_size"], "position": config["max_position_embeddings"], "token_type": config["type_vocab_size"]}
    shapes = {f"roberta.embeddings.{part}_embeddings.weight": (rows, width) for part, rows in tables.items()} | {"lm_head.bias": (config["vocab_size"],)}
    parts = {"roberta.embeddings.LayerNorm": (width,), "lm_head.dense": (width, width), "lm_head.layer_norm": (width,)}
    for layer in range(config["num_hidden_layers"]):
        parts |= {f"roberta.encoder.layer.{layer}.{part}": shape for part, shape in {
            "attention.self.query": (width, width), "attention.self.key": (width, width), "attention.self.value": (width, width),
            "attention.output.dense": (width, width), "attention.output.LayerNorm": (width,), "intermediate.dense": (hidden, width),
            "output.dense": (width, hidden), "output.LayerNorm": (width,)}.items()}
    for part, shape in parts.items():
        shapes |= {f"{part}.weight": shape, f"{part}.bias": shape[:1]}
    return shapes


def drawn(folder, config, shapes, seed):
    noise = numpy.random.default_rng(seed)
    folder.mkdir(parents=True)
    save_file({name: noise.normal(0, 0.2, shape).astype(numpy.float32) for name, shape in shapes.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def llama(folder, seed=0, **numbers):
    """A directory with a llama, its tensors drawn, and what its config.json says besides."""
    config = LLAMA | numbers
    return drawn(folder, config, llama_shapes(config), seed)


def roberta(folder, seed=0, **numbers):
    config = ROBERTA | numbers
    return drawn(folder, config, roberta_shapes(config), seed)
