"""Attention of one new token, at a position that is given, over a past with room -> GroupQueryAttention on a cache.

What cached_attention.py does where the position is the same in each step, for requests that go on: the operator rotates the new query and key
by the tables' row of the position, writes the new row in place, and looks at no place behind it, which is what the mask says.
"""

import numpy
from onnx import helper

from .program import FUSED, Cache, attributes

POSITION = "position"  # [batch, 1]: how many tokens lie before the new one


def use_moving_attention(program):
    """attention on a cache that fills"""
    if program.role(POSITION) != "input":
        return 0
    found = [node for node in program.nodes if node.op_type == "Attention"]
    return sum(_fuse(program, node) for node in found)


def _fuse(program, node):
    rotations = [program.maker(name) for name in node.input[:2]]
    if not _fits(program, node) or not all(_by_position(program, one) for one in rotations):
        return False
    query, key = rotations
    settings = attributes(node)
    pasts, room = list(node.input[4:6]), program.shape(node.input[4])[2]
    presents = [name + ".present" for name in pasts]
    tables = [program.maker(name).input[0] for name in query.input[1:3]]
    fused = helper.make_node(
        "GroupQueryAttention", [query.input[0], key.input[0], node.input[2], *pasts, *_lengths(program), *tables], [node.output[0], *presents],
        name=node.name, domain=FUSED, do_rotary=1, num_heads=settings["q_num_heads"], kv_num_heads=settings["kv_num_heads"],
        **({"scale": settings["scale"]} if "scale" in settings else {}),
    )
    program.replace([query, key, node], fused)
    for past, present in zip(pasts, presents):
        program.caches[past] = Cache(room, room + 1)
        program.cache_outputs[present] = past
    program.drop_outputs([key.output[0], node.input[2]])
    return True


def _fits(program, node):
    """Three dimensions, one new row, states as the past that nobody else reads, the mask of all that is filled, nothing else asked for."""
    settings, shape = attributes(node), program.shape(node.input[0])
    return (
        shape is not None and len(shape) == 3 and shape[1] == 1 and len(node.input) == 6
        and _is_all_filled(program, node.input[3])
        and all(program.role(name) == "state" and program.readers(name) == [node] for name in node.input[4:6])
        and program.shape(node.input[4])[3] % 16 == 0  # what the operator asks for when it rotates
        and not settings.get("softcap") and not settings.get("qk_matmul_output_mode") and not settings.get("is_causal")
        and not any(program.readers(name) or program.is_output(name) for name in node.output[1:] if name)
    )


def _is_all_filled(program, name):
    """Reshape(Concat(Less(0, 1, 2, ..., position), true)): every place before the position, and the new row."""
    reshape = program.maker(name)
    concat = program.maker(reshape.input[0]) if reshape is not None and reshape.op_type == "Reshape" else None
    if concat is None or concat.op_type != "Concat" or len(concat.input) != 2:
        return False
    less, itself = program.maker(concat.input[0]), program.constant(concat.input[1])
    if less is None or less.op_type != "Less" or less.input[1] != POSITION or itself is None or not itself.all():
        return False
    places = program.constant(less.input[0])
    return places is not None and numpy.array_equal(places, numpy.arange(len(places)))


def _by_position(program, node):
    """A rotation of whole heads, not interleaved, by rows of two tables that are looked up by the position."""
    if node is None or node.op_type != "RotaryEmbedding" or len(node.input) > 3:
        return False
    settings = attributes(node)
    looked_up = [program.maker(name) for name in node.input[1:3]]
    return (
        not settings.get("rotary_embedding_dim") and not settings.get("interleaved")
        and all(one is not None and one.op_type == "Gather" and one.input[1] == POSITION for one in looked_up)
        and len(program.readers(node.output[0])) == 1
    )


def _lengths(program):
    """How long each sequence is but for the new row, and the longest with it, made once from the position."""
    names = ("position of each", "longest with the new")
    if not program.made(names[0]):
        one = program.add_constant("one position", numpy.array(1, numpy.int32))
        flat = program.add_constant("flat", numpy.array([-1], numpy.int64))
        program.prepend(
            helper.make_node("Cast", [POSITION], ["position int32"], name="position int32", to=6),
            helper.make_node("Reshape", ["position int32", flat], [names[0]], name=names[0]),
            helper.make_node("ReduceMax", [names[0]], ["longest"], name="longest", keepdims=0),
            helper.make_node("Add", ["longest", one], [names[1]], name=names[1]),
        )
    return names
