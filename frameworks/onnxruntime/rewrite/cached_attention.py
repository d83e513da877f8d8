"""RotaryEmbedding of query and key, then Attention of one new token over a past -> GroupQueryAttention on a cache.

The past is a state with room for one row more; the operator rotates the new query and key, writes the new row in place and copies
nothing else, where Attention joins past and new in fresh memory. The row that it writes is the same in each step.
"""

import numpy
from onnx import helper

from .program import FUSED, Cache, attributes


def use_cached_attention(program):
    """attention on a cache in place"""
    found = [node for node in program.nodes if node.op_type == "Attention"]
    return sum(_fuse(program, node) for node in found)


def _fuse(program, node):
    rotations = [program.maker(name) for name in node.input[:2]]
    if not _one_token_after_states(program, node) or not all(_plain_rotation(program, one) for one in rotations):
        return False
    query, key = rotations
    cos, sin = query.input[1:3]
    settings, rotated = attributes(node), attributes(query)
    if list(key.input[1:3]) != [cos, sin] or attributes(key).get("interleaved", 0) != rotated.get("interleaved", 0):
        return False
    if program.readers(query.output[0]) != [node] or program.readers(key.output[0]) != [node] or program.is_output(query.output[0]):
        return False
    pasts = list(node.input[4:6])
    length = program.shape(pasts[0])[2]
    presents = [name + ".present" for name in pasts]
    inputs = [query.input[0], key.input[0], node.input[2], *pasts, *_lengths(program, length),
              _table(program, cos, length), _table(program, sin, length)]
    options = {"scale": settings["scale"]} if "scale" in settings else {}
    fused = helper.make_node(
        "GroupQueryAttention", inputs, [node.output[0], *presents], name=node.name, domain=FUSED, do_rotary=1,
        num_heads=settings["q_num_heads"], kv_num_heads=settings["kv_num_heads"], rotary_interleaved=rotated.get("interleaved", 0),
        **options,
    )
    program.replace([query, key, node], fused)
    for past, present in zip(pasts, presents):
        program.caches[past] = Cache(length, length + 1)
        program.cache_outputs[present] = past
    if program.is_output(key.output[0]):
        program.cache_rows[key.output[0]] = (pasts[0], program.shape(key.output[0]))
    return True


def _one_token_after_states(program, node):
    """Batch 1, three dimensions, one new row, given states as the past, nothing that masks or caps, no other result read."""
    shape, settings = program.shape(node.input[0]), attributes(node)
    pasts = list(node.input[4:6])
    return (
        shape is not None and len(shape) == 3 and shape[:2] == (1, 1)
        and len(node.input) == 6 and not node.input[3]
        and all(program.role(name) == "state" and program.readers(name) == [node] for name in pasts)
        and program.shape(pasts[0])[3] % 16 == 0  # what the operator asks for when it rotates
        and not settings.get("softcap") and not settings.get("qk_matmul_output_mode")
        and not any(program.readers(name) or program.is_output(name) for name in node.output[1:] if name)
    )


def _plain_rotation(program, node):
    """Of three dimensions, over whole heads, by a table with one row for the one position."""
    if node is None or node.op_type != "RotaryEmbedding" or len(node.input) > 3 or attributes(node).get("rotary_embedding_dim"):
        return False
    table = program.constant(node.input[1])
    return table is not None and table.shape[:2] == (1, 1)


def _table(program, name, length):
    """The operator looks up the row of the position; the only row that is looked up is filled."""
    row = program.constant(name)
    table = numpy.zeros((length + 1, row.shape[2]), numpy.float32)
    table[length] = row[0, 0]
    return program.add_constant(f"{name}.at {length}", table)


def _lengths(program, length):
    last = program.add_constant(f"last position {length}", numpy.array([length], numpy.int32))
    total = program.add_constant(f"positions {length + 1}", numpy.array(length + 1, numpy.int32))
    return last, total
