"""Attention: JAX's own function where it says what the node says, otherwise written out."""

import jax
import jax.numpy as jnp
import numpy

from .call import TYPES
from .registry import operator


@operator("Attention")
def attention(call):
    heads = call.attribute("q_num_heads"), call.attribute("kv_num_heads")
    q, k, v = (_by_head(call.x(index), count) for index, count in ((0, heads[0]), (1, heads[1]), (2, heads[1])))
    past = call.shape(4)[2] if call.given(4) else 0
    k, v = _with_past(call, 4, k), _with_past(call, 5, v)
    scale = call.attribute("scale")
    scale = float(q.shape[3] ** -0.5 if scale is None else scale)
    own = _is_own(call, q, v)
    y, scores = (_own(call, q, k, v, past, scale), None) if own else _written_out(call, q, k, v, past, scale)
    if call.rank(0) == 3:
        y = jnp.reshape(y.swapaxes(1, 2), call.result_shape())
    return [y, k, v, scores]


def _is_own(call, q, v):
    """Whether JAX's function says what the node says: heads of one size, masks under which each query sees a key."""
    asked = call.attribute("softcap", 0.0) or call.wanted(3) or call.given(3) or call.given(6)
    return not asked and q.shape[3] == v.shape[3] and call.attribute("softmax_precision", 1) in (1, 11)


def _by_head(x, heads):
    """As [batch, heads, length, size]."""
    if x.ndim == 4:
        return x
    batch, length, width = x.shape
    return jnp.reshape(x, (batch, length, heads, width // heads)).swapaxes(1, 2)


def _with_past(call, index, new):
    """Keys or values of all positions."""
    if not call.given(index):
        return new
    kept = call.caches.appended(call.node.input(index), new) if call.caches else None
    return jnp.concatenate((call.x(index), new), 2) if kept is None else kept


def _own(call, q, k, v, past, scale):
    """Heads of keys that several of queries share stay one. [batch, length, heads, size] is what the function takes."""
    causal = bool(call.attribute("is_causal", 0))
    whole = causal and past == 0 and q.shape[2] == k.shape[2]
    mask = None if whole else _visible(call, q, k, past)
    q, k, v = (array.swapaxes(1, 2) for array in (q, k, v))
    return jax.nn.dot_product_attention(q, k, v, mask=mask, scale=scale, is_causal=whole).swapaxes(1, 2)


def _visible(call, q, k, past):
    """Which keys a query sees by its position, counted from the end of the past, and by how many are no padding; None: all."""
    length, total = q.shape[2], k.shape[2]
    rows, columns = numpy.arange(length)[:, None], numpy.arange(total)[None, :]
    if not call.given(6):
        return (columns <= rows + past)[None, None] if call.attribute("is_causal", 0) and length + past > 1 else None
    valid = jnp.reshape(call.x(6), (-1, 1, 1, 1))
    visible = columns < valid
    return visible & (columns <= rows + (valid - length)) if call.attribute("is_causal", 0) else visible


def _bias(call, q, k, past):
    """The masks as numbers to add; None without one."""
    visible = _visible(call, q, k, past)
    if not call.given(3):
        return None if visible is None else jnp.where(visible, 0, -jnp.inf).astype(q.dtype)
    mask = jnp.asarray(call.x(3))
    missing = k.shape[2] - mask.shape[-1]
    nothing = False if mask.dtype == jnp.bool_ else -jnp.inf
    mask = jnp.pad(mask, [(0, 0)] * (mask.ndim - 1) + [(0, missing)], constant_values=nothing) if missing > 0 else mask
    bias = jnp.where(mask, 0, -jnp.inf).astype(q.dtype) if mask.dtype == jnp.bool_ else mask
    return bias if visible is None else jnp.where(visible, bias, -jnp.inf)


def _written_out(call, q, k, v, past, scale):
    """Step by step: for a mask that may hide all keys of a query, softcap, the scores as an output, softmax in another type."""
    batch, heads, length, size = q.shape
    groups = heads // k.shape[1]
    grouped = jnp.reshape(q * scale, (batch, k.shape[1], groups, length, size))
    stages = [jnp.reshape(jnp.einsum("bkgqd,bksd->bkgqs", grouped, k), (batch, heads, length, k.shape[2]))]
    softcap = float(call.attribute("softcap", 0.0))
    stages.append(jnp.tanh(stages[-1] / softcap) * softcap if softcap else stages[-1])
    bias = _bias(call, q, k, past)
    stages.append(stages[-1] if bias is None else stages[-1] + bias)
    stages.append(_probabilities(call, stages[-1]))
    shared = jnp.reshape(stages[-1], (batch, k.shape[1], groups, length, k.shape[2]))
    y = jnp.reshape(jnp.einsum("bkgqs,bksd->bkgqd", shared, v), (batch, heads, length, v.shape[3]))
    return y, stages[call.attribute("qk_matmul_output_mode", 0)]


def _probabilities(call, scores):
    """Nothing, where nothing is seen."""
    code = call.attribute("softmax_precision")
    wide = scores if code is None else scores.astype(TYPES[code])
    hidden = jnp.all(scores == -jnp.inf, -1, keepdims=True)
    return jnp.where(hidden, 0, jax.nn.softmax(jnp.where(hidden, 0, wide), -1)).astype(scores.dtype)
