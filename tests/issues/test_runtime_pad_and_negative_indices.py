"""Two graphs that a runner failed with: Pad with a value that is an input, which as a number could not be compiled, and Gather of constant
indices that count from the end out of a parameter, for which an embedding has no rows."""

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


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """By case and contestant."""
    everyone, cases = found(), [padded(), gathered()]
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
