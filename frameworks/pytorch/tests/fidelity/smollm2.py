"""SmolLM2 as transformers' LlamaForCausalLM, from numbers of its own: a wrong configuration in src/models must show."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

# hidden, layers, feed-forward, query heads, KV heads, head size, vocabulary, RoPE theta
SIZES = {
    ("smollm2-135m", "full"): (576, 30, 1536, 9, 3, 64, 49152, 100000.0),
    ("smollm2-135m", "tiny"): (96, 2, 192, 6, 2, 16, 256, 100000.0),
    ("smollm2-360m", "tiny"): (48, 3, 128, 3, 1, 16, 256, 100000.0),
    ("smollm2-1.7b", "tiny"): (64, 2, 256, 4, 4, 16, 256, 130000.0),
}


def config(model):
    hidden, layers, feed_forward, query_heads, kv_heads, head_size, vocabulary, theta = SIZES[model]
    return LlamaConfig(
        hidden_size=hidden, num_hidden_layers=layers, intermediate_size=feed_forward, num_attention_heads=query_heads,
        num_key_value_heads=kv_heads, head_dim=head_size, vocab_size=vocabulary, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": theta}, attn_implementation="sdpa",
    )


def load(model, weights, dtype):
    """The model with those weights; every name on both sides is used."""
    llama = LlamaForCausalLM(config(model)).to(dtype).eval()
    missing, unexpected = llama.load_state_dict({name: tensor.to(dtype) for name, tensor in weights.items()}, strict=False)
    assert not unexpected
    assert set(missing) <= {"lm_head.weight"}  # tied
    return llama


def make_exact(llama, graph):
    """Takes out the two places where transformers computes in float32 whatever the model's type: the norms, and the rotary tables,
    which become those of the graph."""
    for module in llama.modules():
        if isinstance(module, LlamaRMSNorm):
            module.forward = _norm(module)
    tables = {value["name"]: torch.tensor(value["data"], dtype=torch.float32).double().reshape(value["shape"])
              for value in graph["values"] if value["name"].startswith("rope.")}
    cos, sin = (torch.cat([tables[name]] * 2, dim=-1) for name in ("rope.cos", "rope.sin"))
    llama.model.rotary_emb.forward = lambda _x, *_args, **_kwargs: (cos, sin)
    return llama


def _norm(module):
    def forward(x):
        return module.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + module.variance_epsilon)

    return forward
