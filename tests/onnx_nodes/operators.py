"""Our operators, as docs/operators.md has them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def operators():
    """The rows of the table in docs/operators.md by their first cell, the operator's name."""
    lines = (ROOT / "docs/operators.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-Z]\w+ \|", line)]
    return {row[0]: row for row in rows if row[0] != "Operator"}
