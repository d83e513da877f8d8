"""The rotation of queries and keys by position."""

import jax.numpy as jnp

from .registry import operator


@operator("RotaryEmbedding")
def rotary_embedding(call):
    x = call.x(0)
    if call.rank(0) == 4:
        return _rotated(call, x, 1)
    batch, length, columns = x.shape
    heads = call.attribute("num_heads", 0)
    return jnp.reshape(_rotated(call, jnp.reshape(x, (batch, length, heads, columns // heads)), 2), x.shape)


def _rotated(call, x, heads_dimension):
    cos, sin = (_rows(call, index, heads_dimension) for index in (1, 2))
    width = call.attribute("rotary_embedding_dim", 0) or x.shape[-1]
    part, rest = x[..., :width], x[..., width:]
    interleaved = call.attribute("interleaved", 0)
    one, other = (part[..., 0::2], part[..., 1::2]) if interleaved else jnp.split(part, 2, -1)
    pair = one * cos - other * sin, other * cos + one * sin
    turned = jnp.reshape(jnp.stack(pair, -1), part.shape) if interleaved else jnp.concatenate(pair, -1)
    return jnp.concatenate((turned, rest), -1) if width != x.shape[-1] else turned


def _rows(call, index, heads_dimension):
    """The table's rows by position, with room for the heads."""
    table = jnp.asarray(call.x(index))
    rows = table[call.x(3)] if call.given(3) else table
    return jnp.expand_dims(rows, heads_dimension)
