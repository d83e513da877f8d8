"""Graphs that a runner failed with: Pad with a value that is an input, which as a number could not be compiled; Gather of constant indices that
count from the end out of a parameter, for which an embedding has no rows; Clip to -inf, which is no word of the language that it was written in."""

import sys
from pathlib import Path

import numpy
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from cases import made  # noqa: E402
from contestants import found, is_first_of_its_form  # noqa: E402
from judge import judge  # noqa: E402

TABLE = numpy.arange(1, 13, dtype=numpy.float32).reshape(4, 3)


def padded():
    operands = {"x": TABLE, "widths": numpy.array([0, 1, 2, 0]), "fill": numpy.array(0.5, numpy.float32)}
    return made("pad_with_an_input", "Pad", operands, (6, 4), constants=["widths"])


def gathered():
    operands = {"table": TABLE, "indices": numpy.array([-1, 0, -4])}
    case = made("gather_from_the_end", "Gather", operands, (3, 3), constants=["indices"], axis=0)
    table = case.graph["values"][0]
    table |= {"role": "parameter", "trainable": False, "init": {"mean": 0.0, "std": 0.0}}
    case.inputs, case.weights = [{}, {}], {"table": TABLE}
    return case


def clipped():
    operands = {"x": TABLE, "least": numpy.array(-numpy.inf, numpy.float32), "most": numpy.array(4, numpy.float32)}
    case = made("clip_to_minus_infinity", "Clip", operands, (4, 3), constants=["least", "most"])
    next(value for value in case.graph["values"] if value["name"] == "least")["data"] = ["-inf"]
    return case


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """By case and contestant."""
    everyone, cases = found(), [padded(), gathered(), clipped()]
    given = [one for one in everyone if one.runs("inference") and is_first_of_its_form(one, everyone)]
    findings = judge(given, cases, tmp_path_factory.mktemp("graphs"))
    return {case.name: {one.name: by[case.name].state for one, by in findings.items()} for case in cases}


def test_a_value_of_the_step_pads(states):
    pads = states["pad_with_an_input"]
    assert set(pads.values()) == {"exact", "unsupported"}, pads


def test_indices_from_the_end_gather_from_a_parameter(states):
    """A framework that ends its process over them is shown by a smallest graph of its own."""
    gathers = states["gather_from_the_end"]
    assert "exact" in gathers.values() and set(gathers.values()) <= {"exact", "unsupported", "crashed"}, gathers


def test_a_limit_may_be_infinite(states):
    clips = states["clip_to_minus_infinity"]
    assert "exact" in clips.values() and set(clips.values()) <= {"exact", "unsupported"}, clips
