"""docs/operators.md, which the unit tests hold to the registry, against the operators of the onnx package at opset 24."""

import pytest
from onnx import defs
from operators import operators

OPSET = 24
TYPES = {"INT": "int", "FLOAT": "real", "INTS": "ints"}


ROWS = [row for name, row in operators().items() if name != "Linear"]


def operands(cell):
    return [(name.rstrip("?…*"), name.endswith("?"), name.endswith("…")) for name in cell.split(", ")]


def check_operands(ours, standard):
    kinds = [(operand.name, operand.option.name) for operand in standard]
    for (name, optional, variadic), (standard_name, kind) in zip(ours, kinds, strict=False):
        assert name == standard_name
        assert (optional, variadic) == (kind == "Optional", kind == "Variadic"), name
    # What we leave out at the end must be optional.
    assert len(ours) <= len(kinds) and all(kind == "Optional" for _, kind in kinds[len(ours):])


def check_attribute(text, schema):
    name, kind = text.split(": ")
    standard = schema.attributes[name.rstrip("!")]
    assert name.endswith("!") == standard.required, name
    if standard.type.name == "STRING":
        assert kind not in TYPES.values(), name
    else:
        assert TYPES[standard.type.name] == kind, name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_operator(row):
    operator, inputs, outputs, attributes, limits = row
    schema = defs.get_schema(operator, OPSET, "")
    assert not schema.deprecated
    check_operands(operands(inputs), schema.inputs)
    check_operands(operands(outputs), schema.outputs)
    given = attributes.split("; ") if attributes else []
    for text in given:
        check_attribute(text, schema)
    missing = set(schema.attributes) - {text.split(":")[0].rstrip("!") for text in given}
    assert not missing or limits, f"lacks {missing} and does not say so"


def test_the_page_has_all_operators():
    assert len(ROWS) > 60
