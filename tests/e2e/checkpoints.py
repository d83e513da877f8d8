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


def llama(folder, seed=0, **numbers):
    """A directory with a llama, its tensors drawn, and what its config.json says besides."""
    config = LLAMA | numbers
    noise = numpy.random.default_rng(seed)
    folder.mkdir(parents=True)
    save_file({name: noise.normal(0, 0.2, shape).astype(numpy.float32) for name, shape in llama_shapes(config).items()},
              folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    return folder
