"""The rotation of queries and keys by position."""

import numpy

from .registry import operator


@operator("RotaryEmbedding")
def rotary_embedding(call):
    """x * cos + (x with its halves swapped) * sin, on tables as wide as the head that are made once for all layers."""
    if call.rank(0) == 4:
        return _rotated(call, call.x(0), call.shape(0)[3], 1)
    batch, length, columns = call.shape(0)
    heads = call.attribute("num_heads", 0)
    x = call.let("heads", f"{call.x(0)}.reshape({batch}, {length}, {heads}, {columns // heads})")
    rotated = _rotated(call, x, columns // heads, 2)
    name = call.node.output(0)
    kept = call.writer.keep_by_head(name, heads, rotated)
    only_attention = all(user.op == "Attention" and name in user.inputs[:2] for user in call.writer.users(name))
    return [None] if only_attention and name not in call.graph.outputs else f"{kept}.reshape({call.shape(0)})"


def _rotated(call, x, head_size, heads_dimension):
    cos, sin = (_rotary_table(call, index, heads_dimension) for index in (1, 2))
    width = call.attribute("rotary_embedding_dim", 0) or head_size
    if width == head_size:
        return f"{x} * {cos} + {_swapped(call, x, width)} * {sin}"
    part = call.let("part", f"{x}[..., :{width}]")
    return f"torch.cat(({part} * {cos} + {_swapped(call, part, width)} * {sin}, {x}[..., {width}:]), -1)"


def _swapped(call, x, width):
    if call.attribute("interleaved", 0):
        return f"{x}.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)"
    return f"torch.cat(({x}[..., {width // 2}:], {x}[..., :{width // 2}]), -1)"


def _rotary_table(call, index, heads_dimension):
    """The table widened to the head, the first half of a pair's sine negated; then its rows by position, with room for the heads."""
    interleaved = bool(call.attribute("interleaved", 0))
    signs = (1, 1) if index == 1 else (-1, 1)
    key = (call.node.input(index), signs, interleaved)
    data = call.value(index).data
    if data is not None:
        pair = (signs[0] * data, signs[1] * data)
        wide = numpy.stack(pair, -1).reshape(*data.shape[:-1], -1) if interleaved else numpy.concatenate(pair, -1)
        table = call.writer.bind_once(("rotary",) + key, wide, "rotary.cos" if index == 1 else "rotary.sin")
    else:
        x = call.x(index)
        pair = f"({'-' if signs[0] < 0 else ''}{x}, {x})"
        table = call.shared(key, f"torch.stack({pair}, -1).flatten(-2)" if interleaved else f"torch.cat({pair}, -1)")
    if call.given(3):
        rows = f"F.embedding({call.x(3)}, {table})" if data is not None else f"{table}[{call.x(3)}]"
        return call.shared(key + (call.node.input(3), heads_dimension), f"{rows}.unsqueeze({heads_dimension})")
    return call.shared(key + (heads_dimension,), f"{table}.unsqueeze({heads_dimension})")
