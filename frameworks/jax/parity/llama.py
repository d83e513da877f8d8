"""Llama as a user of JAX writes it from its documentation: pure functions over a tree of parameters, in the layouts that JAX's own
functions take. Matrices are [in, out], queries, keys and values [batch, length, heads, size].
"""

import jax
import jax.numpy as jnp
import numpy
from jax import lax

CONFIGURATIONS = {
    "full": dict(heads=9, key_heads=3, head_size=64, theta=100000.0, epsilon=1e-5),
    "tiny": dict(heads=6, key_heads=2, head_size=16, theta=100000.0, epsilon=1e-5),
}
# Of a layer: the name in the tree and in checkpoints.
NORMS = {"attention_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm"}
MATRICES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj", "gate": "mlp.gate_proj",
            "up": "mlp.up_proj", "down": "mlp.down_proj"}


def from_checkpoint(tensors):
    """The tree of parameters."""
    count = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("model.layers."))

    def layer(index):
        at = f"model.layers.{index}."
        norms = {own: jnp.array(tensors[f"{at}{theirs}.weight"]) for own, theirs in NORMS.items()}
        return norms | {own: jnp.array(tensors[f"{at}{theirs}.weight"].T) for own, theirs in MATRICES.items()}

    return {"embedding": jnp.array(tensors["model.embed_tokens.weight"]), "layers": [layer(index) for index in range(count)],
            "norm": jnp.array(tensors["model.norm.weight"])}


def to_checkpoint(params):
    """The tree's arrays, or those of its gradient, under their names in checkpoints."""
    tensors = {"model.embed_tokens.weight": params["embedding"], "model.norm.weight": params["norm"]}
    for index, layer in enumerate(params["layers"]):
        at = f"model.layers.{index}."
        tensors |= {f"{at}{theirs}.weight": layer[own] for own, theirs in NORMS.items()}
        tensors |= {f"{at}{theirs}.weight": layer[own].T for own, theirs in MATRICES.items()}
    return {name: numpy.ascontiguousarray(tensor) for name, tensor in tensors.items()}


def rms_norm(x, weight, epsilon):
    return x * lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + epsilon) * weight


def rotation(positions, config):
    """Cosines and sines by position, with room for the heads."""
    frequencies = config["theta"] ** (-jnp.arange(0, config["head_size"], 2) / config["head_size"])
    angles = positions[:, None, None] * frequencies
    return jnp.cos(angles), jnp.sin(angles)


def rotated(x, cos, sin):
    one, other = jnp.split(x, 2, axis=-1)
    return jnp.concatenate((one * cos - other * sin, other * cos + one * sin), axis=-1)


def attention(layer, x, turn, config, cache, position):
    """Returns (what is added to x, the cache with the new rows)."""
    by_head = lambda name, heads: (x @ layer[name]).reshape(*x.shape[:2], heads, config["head_size"])  # noqa: E731
    q, k, v = by_head("q", config["heads"]), by_head("k", config["key_heads"]), by_head("v", config["key_heads"])
    q, k = rotated(q, *turn), rotated(k, *turn)
    if cache is None:
        y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    else:
        cache = {"k": lax.dynamic_update_slice(cache["k"], k, (0, position, 0, 0)),
                 "v": lax.dynamic_update_slice(cache["v"], v, (0, position, 0, 0))}
        seen = jnp.arange(cache["k"].shape[1]) <= position
        y = jax.nn.dot_product_attention(q, cache["k"], cache["v"], mask=seen[None, None, None, :])
    return y.reshape(*x.shape[:2], -1) @ layer["o"], cache


def mlp(layer, x):
    return (jax.nn.silu(x @ layer["gate"]) * (x @ layer["up"])) @ layer["down"]


def forward(params, ids, config, caches=None, position=0):
    """Returns (logits of all positions, caches). With caches, ids are those of the positions from `position` on."""
    x = params["embedding"][ids]
    turn = rotation(position + jnp.arange(ids.shape[1]), config)
    grown = []
    for index, layer in enumerate(params["layers"]):
        cache = None if caches is None else caches[index]
        y, cache = attention(layer, rms_norm(x, layer["attention_norm"], config["epsilon"]), turn, config, cache, position)
        x = x + y
        x = x + mlp(layer, rms_norm(x, layer["mlp_norm"], config["epsilon"]))
        grown.append(cache)
    return rms_norm(x, params["norm"], config["epsilon"]) @ params["embedding"].T, grown


def loss(params, ids, labels, config):
    """The mean cross-entropy over all positions."""
    log_probabilities = jax.nn.log_softmax(forward(params, ids, config)[0])
    return -jnp.mean(jnp.take_along_axis(log_probabilities, labels.reshape(*ids.shape, 1), axis=-1))
