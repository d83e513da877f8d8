"""Tiny models of every model type of the family `decoder`, with weights drawn, as transformers saves them; and transformers' own code
run in float64 throughout.

transformers computes norms, softmax and the angles of rotary positions in float32 whatever a model's type. in_double() takes the name
float32 away from it, so that the same code computes them in float64; what is left then is one rounding of ours: rotary tables are
float32 constants of a graph, and exact() rounds transformers' to the nearest float32 as well. Nothing else is changed, so
an agreement within 1e-12 says that what else separates the two was that rounding alone.
"""

import contextlib

import torch
from transformers import AutoModelForCausalLM, CONFIG_MAPPING

F32 = torch.float32

SIZES = dict(hidden_size=32, num_hidden_layers=4, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=8, vocab_size=160,
             max_position_embeddings=256, rms_norm_eps=1e-5, initializer_range=0.3, pad_token_id=None, bos_token_id=1, eos_token_id=2)
MIXED = ["full_attention", "sliding_attention", "sliding_attention", "full_attention"]
WINDOW = 24  # fewer than the tokens of a prefill


def rope(kind, **numbers):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 5000.0} | numbers}


def longrope(pairs, original, **numbers):
    return rope("longrope", short_factor=[1 + 0.1 * i for i in range(pairs)], long_factor=[2 + 1.5 * i for i in range(pairs)],
                original_max_position_embeddings=original, **numbers)


LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
# A prefill is of 128 tokens and a decoded token the 129th: contexts of 64 are crossed before, of 128 by the decoded token, of 512 never.
# Multipliers are numbers that float32 holds: constants of a graph are float32.
MODELS = {
    "llama": ("llama", rope("default")),
    "llama-biases": ("llama", dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    "llama-linear": ("llama", rope("linear", factor=3.0)),
    "llama-dynamic": ("llama", rope("dynamic", factor=2.0) | dict(max_position_embeddings=64)),
    "llama-dynamic-at-its-end": ("llama", rope("dynamic", factor=2.0) | dict(max_position_embeddings=128)),
    "llama-dynamic-within": ("llama", rope("dynamic", factor=2.0) | dict(max_position_embeddings=512)),
    "llama-3.1": ("llama", rope("llama3", original_max_position_embeddings=64, **LLAMA3)),
    "llama-yarn": ("llama", rope("yarn", factor=4.0, original_max_position_embeddings=64)),
    "llama-yarn-all": ("llama", rope("yarn", factor=4.0, original_max_position_embeddings=64, beta_fast=16.0, beta_slow=0.5, mscale=0.7,
                                     mscale_all_dim=0.3, truncate=False)),
    "llama-longrope": ("llama", longrope(4, 64)),
    "mistral": ("mistral", dict(sliding_window=WINDOW)),
    "mistral-no-window": ("mistral", dict(sliding_window=None)),
    "qwen2": ("qwen2", dict(head_dim=None)),
    "qwen2-windows": ("qwen2", dict(use_sliding_window=True, sliding_window=WINDOW, max_window_layers=2)),
    "qwen3": ("qwen3", {}),
    "qwen3-windows": ("qwen3", dict(attention_bias=True, use_sliding_window=True, sliding_window=WINDOW, layer_types=MIXED)),
    "phi3": ("phi3", dict(head_dim=None)),
    "phi3-partial": ("phi3", dict(head_dim=None, sliding_window=WINDOW,
                                  rope_parameters=dict(rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.5))),
    "phi3-longrope": ("phi3", dict(head_dim=None, original_max_position_embeddings=64) | longrope(4, 64)),
    "phi3-longrope-at-its-end": ("phi3", dict(head_dim=None, original_max_position_embeddings=128) | longrope(4, 128)),
    "phi3-longrope-within": ("phi3", dict(head_dim=None, original_max_position_embeddings=512, max_position_embeddings=2048) | longrope(4, 512)),
    "phi3-longrope-partial": ("phi3", dict(head_dim=None, original_max_position_embeddings=64) | longrope(2, 64, partial_rotary_factor=0.5)),
    "gemma": ("gemma", dict(head_dim=16)),
    "gemma2": ("gemma2", dict(sliding_window=WINDOW, query_pre_attn_scalar=8, attn_logit_softcapping=2.0, final_logit_softcapping=3.0)),
    "gemma2-scaled": ("gemma2", dict(sliding_window=WINDOW, query_pre_attn_scalar=24, layer_types=MIXED, attn_logit_softcapping=2.0, final_logit_softcapping=3.0)),
    "gemma3": ("gemma3_text", dict(sliding_window=WINDOW, sliding_window_pattern=2, query_pre_attn_scalar=8)),
    "gemma3-scaled": ("gemma3_text", dict(sliding_window=WINDOW, layer_types=MIXED, query_pre_attn_scalar=24, attention_bias=True, final_logit_softcapping=3.0, rope_parameters={
        "full_attention": dict(rope_type="linear", factor=8.0, rope_theta=1e6), "sliding_attention": dict(rope_type="default", rope_theta=1e4)})),
    "smollm3": ("smollm3", {}),
    "smollm3-windows": ("smollm3", dict(no_rope_layer_interval=2, use_sliding_window=True, sliding_window=WINDOW, attention_bias=True, mlp_bias=True)),
    "granite": ("granite", dict(embedding_multiplier=12.0, attention_multiplier=0.1875, residual_multiplier=0.21875, logits_scaling=8.0)),
    "granite-biases": ("granite", dict(attention_bias=True, mlp_bias=True, attention_multiplier=0.015)),
    "olmo2": ("olmo2", {}),
    "olmo3": ("olmo3", dict(sliding_window=WINDOW)),
    "olmo3-yarn": ("olmo3", dict(sliding_window=WINDOW, rope_parameters={
        "full_attention": dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64, attention_factor=1.2, rope_theta=5e5),
        "sliding_attention": dict(rope_type="default", rope_theta=5e5)})),
}


def make(name, **changes):
    """The model, its weights drawn so that every one of them matters."""
    model_type, numbers = MODELS[name]
    known = {key: value for key, value in (SIZES | numbers | changes).items() if not (key == "head_dim" and value is None)}
    torch.manual_seed(11)
    config = CONFIG_MAPPING[model_type](**known)
    config._attn_implementation = "eager"  # the one that does what every key asks for
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


@contextlib.contextmanager
def in_double():
    """What says float32, in transformers' code, means float64."""
    kept = torch.float32, torch.float, torch.Tensor.float
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(F32)
        torch.float32, torch.float, torch.Tensor.float = kept


def exact(name):
    """The model with all of its arithmetic in float64, but for rotary tables: these are made in float64, and rounded to float32."""
    model = make(name).double()
    with in_double():
        rotary = type(model.model.rotary_emb)(model.config)
    plain_tables, plain_forward = rotary.forward, model.forward
    rotary.forward = lambda *args, **kwargs: tuple(table.to(F32).to(torch.float64) for table in plain_tables(*args, **kwargs))
    model.model.rotary_emb = rotary

    def forward(*args, **kwargs):
        with in_double():
            return plain_forward(*args, **kwargs)

    model.forward = forward
    return model
