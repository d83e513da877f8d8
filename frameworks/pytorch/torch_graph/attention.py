"""Attention: PyTorch's fused function where it says what the node says, otherwise written out."""

import numpy

from .registry import operator
from .types import TORCH_TYPES

MINUS_INFINITY = "float('-inf')"


@operator("Attention")
def attention(call):
    sizes = _Sizes(call)
    q, k, v = (sizes.by_head(call, index) for index in (0, 1, 2))
    k, v = (_with_past(call, sizes, past, new) for past, new in ((4, k), (5, v)))
    for output, present in ((1, k), (2, v)):
        if call.wanted(output) and not present.isidentifier():
            present = call.let("present", present)
            k, v = (present, v) if output == 1 else (k, present)
    plain = not (call.attribute("softcap", 0.0) or call.wanted(3) or call.attribute("softmax_precision", 1) not in (1, 11))
    y, scores = (_fused(call, sizes, q, k, v), None) if plain else _written_out(call, sizes, q, k, v)
    if call.rank(0) == 3:
        y = f"{y}.transpose(1, 2).reshape({call.result_shape()})"
    return [y, k, v, scores]


class _Sizes:
    """The sizes of an Attention node, whichever form its operands have."""

    def __init__(self, call):
        joined = call.rank(0) == 3
        self.joined = joined
        q_heads, kv_heads = call.attribute("q_num_heads"), call.attribute("kv_num_heads")
        self.heads = (q_heads, kv_heads, kv_heads) if joined else tuple(call.shape(index)[1] for index in (0, 1, 2))
        self.batch = call.shape(0)[0]
        self.q_length = call.shape(0)[1 if joined else 2]
        self.past = call.shape(4)[2] if call.given(4) else 0
        self.new = call.shape(1)[1 if joined else 2]
        self.total = self.past + self.new
        self.grouped = self.heads[0] != self.heads[1]
        self.head_size = call.shape(0)[2] // self.heads[0] if joined else call.shape(0)[3]
        scale = call.attribute("scale")
        self.scale = float(self.head_size**-0.5 if scale is None else scale)
        self.default_scale = scale is None or self.scale == self.head_size**-0.5

    def by_head(self, call, index):
        """Operand `index` as [batch, heads, length, size]."""
        if not self.joined:
            return call.x(index)
        batch, length, width = call.shape(index)
        heads = self.heads[index]
        kept = call.writer.kept_by_head(call.node.input(index), heads)
        if kept:
            return f"{kept}.transpose(1, 2)"
        return call.let("qkv"[index], f"{call.x(index)}.reshape({batch}, {length}, {heads}, {width // heads}).transpose(1, 2)")


def _with_past(call, sizes, past, new):
    """Keys or values of all positions. A state that only this node reads lies in a buffer with room for the new positions, as in
    every decoder with a static cache; they are written behind it each step, the past is never touched."""
    if not call.given(past):
        return new
    name = call.node.input(past)
    if call.value(past).role != "state" or len(call.writer.users(name)) != 1 or name in call.graph.outputs or call.writer.gradients:
        return call.let("present", f"torch.cat(({call.x(past)}, {new}), 2)")
    cache = call.writer.cache(name, sizes.total)
    call.line(f"{cache}[:, :, {sizes.past}:] = {new}")
    return cache


def _fused(call, sizes, q, k, v):
    causal, mask = _mask(call, sizes)
    arguments = [q, k, v]
    if mask:
        arguments.append(f"attn_mask={mask}")
    if causal:
        arguments.append("is_causal=True")
    if not sizes.default_scale:
        arguments.append(f"scale={sizes.scale!r}")
    if sizes.grouped:
        arguments.append("enable_gqa=True")
    return f"F.scaled_dot_product_attention({', '.join(arguments)})"


def _mask(call, sizes):
    """(whether PyTorch's own causal flag says it all, the expression of a mask or None)."""
    causal = bool(call.attribute("is_causal", 0)) and not (sizes.q_length == 1 and sizes.past == sizes.total - 1)
    if not call.given(3) and not call.given(6):
        if not causal or sizes.past == 0:
            return causal, None
    parts = []
    if call.given(3):
        parts.append(_given_mask(call, sizes))
    if call.given(6):
        parts.append(f"(torch.arange({sizes.total}, device={call.x(6)}.device) < {call.x(6)}.reshape(-1, 1, 1, 1))")
    if causal:
        parts.append(_causal_mask(call, sizes))
    return False, _joined_mask(call, parts)


def _given_mask(call, sizes):
    missing = sizes.total - call.shape(3)[-1]
    boolean = call.dtype(3) == "BOOL"
    if missing <= 0:
        return call.x(3) if call.rank(3) > 1 else f"{call.x(3)}.unsqueeze(0)"
    return f"F.pad({call.x(3)}, (0, {missing}), value={'False' if boolean else MINUS_INFINITY})"


def _causal_mask(call, sizes):
    """A query sees the keys up to its own position; positions count from the end of the past."""
    if call.given(6):
        rows = f"torch.arange({sizes.q_length}, device={call.x(6)}.device).reshape(1, 1, -1, 1)"
        offset = f"({call.x(6)}.reshape(-1, 1, 1, 1) - {sizes.q_length})"
        return f"(torch.arange({sizes.total}, device={call.x(6)}.device) <= {rows} + {offset})"
    visible = numpy.tril(numpy.ones((sizes.q_length, sizes.total), dtype=bool), sizes.past)
    return call.writer.bind_once(("causal", visible.shape, sizes.past), visible, "causal_mask")


def _joined_mask(call, parts):
    """Boolean masks by `and`; a mask of numbers gets -inf where a boolean one says no."""
    numbers = call.given(3) and call.dtype(3) != "BOOL"
    booleans = parts[1:] if numbers else parts
    mask = " & ".join(booleans)
    if not numbers:
        return mask if len(parts) == 1 else f"({mask})"
    if not booleans:
        return parts[0]
    return f"torch.where({mask}, {parts[0]}, {MINUS_INFINITY})"


def _written_out(call, sizes, q, k, v):
    """Attention step by step, for what the fused function does not offer: softcap, the scores as an output, softmax in another type."""
    mode = call.attribute("qk_matmul_output_mode", 0)
    if sizes.grouped:
        repeats = sizes.heads[0] // sizes.heads[1]
        k = call.let("k_all", f"{k}.repeat_interleave({repeats}, 1)")
        v = call.let("v_all", f"{v}.repeat_interleave({repeats}, 1)")
    scores = raw = call.let("scores", f"torch.matmul({q} * {sizes.scale**0.5!r}, {k}.transpose(2, 3) * {sizes.scale**0.5!r})")
    softcap = float(call.attribute("softcap", 0.0))
    if softcap:
        scores = call.let("capped", f"torch.tanh({scores} / {softcap!r}) * {softcap!r}")
    capped = scores
    bias = _bias(call, sizes, q)
    if bias:
        scores = call.let("biased", f"{scores} + {bias}")
    weights = call.let("weights", f"torch.softmax({_softmax_type(call, scores)}, -1).to({q}.dtype)")
    if bias:
        weights = call.let("guarded", f"torch.where({bias}.amax(-1, True) == {MINUS_INFINITY}, 0.0, {weights})")
    return f"torch.matmul({weights}, {v})", [raw, capped, scores, weights][mode]


def _softmax_type(call, scores):
    code = call.attribute("softmax_precision")
    return scores if code is None else f"{scores}.to({TORCH_TYPES[code]})"


def _bias(call, sizes, q):
    """The mask as numbers to add, of the type of `q`, in a variable; None without a mask. The operand itself need not have a variable: what it
    was made of by heads may have been taken instead."""
    causal, mask = _mask(call, sizes)
    if causal:
        mask = _causal_mask(call, sizes)
    if mask is None:
        return None
    if call.given(3) and call.dtype(3) != "BOOL":
        return call.let("bias", mask)
    return call.let("bias", f"torch.where({mask}, 0.0, {MINUS_INFINITY}).to({q}.dtype)")
