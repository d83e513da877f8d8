"""A graph that a runner failed with: queries and keys of rotary positions go into an attention with a softcap and a mask of booleans, and the
mask was to have the type of an operand that by then existed by heads only."""

import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from cases import made, value  # noqa: E402
from contestants import found, is_first_of_its_form  # noqa: E402
from judge import judge  # noqa: E402

LENGTH, HEADS, SIZE = 5, 2, 4
SHAPE = (1, LENGTH, HEADS * SIZE)


def capped():
    noise = numpy.random.default_rng(3)
    operands = {name: noise.normal(size=SHAPE).astype(numpy.float32) for name in ("query", "key", "value")}
    mask = abs(numpy.subtract.outer(numpy.arange(LENGTH), numpy.arange(LENGTH))) < 2
    case = made("softcap_behind_rotary", "Attention", operands | {"mask": mask}, SHAPE, constants=["mask"], q_num_heads=HEADS, kv_num_heads=HEADS,
                softcap=2.0)
    angles = noise.normal(size=(1, LENGTH, SIZE // 2)).astype(numpy.float32)
    turned = [{"name": f"{name}_turned", "dtype": "F32", "shape": list(SHAPE), "role": "computed"} for name in ("query", "key")]
    nodes = [{"name": f"{name}_turned", "op": "RotaryEmbedding", "inputs": [name, "cos", "sin"], "outputs": [f"{name}_turned"],
              "attributes": {"num_heads": HEADS, "interleaved": 0}} for name in ("query", "key")]
    case.graph["values"][-1:-1] = [value("cos", numpy.cos(angles), "constant"), value("sin", numpy.sin(angles), "constant"), *turned]
    case.graph["nodes"][0]["inputs"] = ["query_turned", "key_turned", "value", "mask"]
    case.graph["nodes"] = nodes + case.graph["nodes"]
    return case


def test_a_mask_and_a_softcap_behind_rotary_positions(tmp_path):
    everyone, case = found(), capped()
    given = [one for one in everyone if one.runs("inference") and is_first_of_its_form(one, everyone)]
    states = {one.name: by[case.name].state for one, by in judge(given, [case], tmp_path / "graphs").items()}
    assert "exact" in states.values() and set(states.values()) <= {"exact", "unsupported"}, states
