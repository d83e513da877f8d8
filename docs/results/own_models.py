"""What each contestant makes of models that are no part of the catalogue, in docs/own-models.md between two markers, from
the files in docs/own-models/.

A file is {"title", "text", "machine", "rows": [{"model", "what", "cells": {contestant: {workload: finding}}}]}; a finding is {"state": "exact"},
or another state with its "reason" and, where nodes are to blame, their "operators".
"""

import json
from pathlib import Path

from words import WORKLOADS

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "own-models.md"
BEGIN, END = "<!-- checkpoints: begin -->\n", "<!-- checkpoints: end -->"


def recorded():
    return [json.loads(path.read_text()) for path in sorted(PAGE.with_suffix("").glob("*.json"))]


def text_of(finding, reasons):
    """"exact", or the state with its operators and the number of its reason."""
    if finding["state"] == "exact":
        return "exact"
    operators = ", ".join(finding.get("operators", []))
    number = reasons.setdefault((finding["state"], finding["reason"]), len(reasons) + 1)
    return f"{finding['state']}{f' ({operators})' if operators else ''} [{number}]"


def cell(found, reasons):
    """`found`: of one contestant by workload."""
    by_text = {}
    for workload in sorted(found, key=list(WORKLOADS).index):
        by_text.setdefault(text_of(found[workload], reasons), []).append(WORKLOADS[workload])
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{', '.join(workloads)}: {text}" for text, workloads in by_text.items())


def section(document):
    names = sorted({name for row in document["rows"] for name in row["cells"]})
    reasons = {}
    lines = [f"### {document['title']}", "", document["text"], "", "| model | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row in document["rows"]:
        cells = [cell(row["cells"].get(name, {}), reasons) if row["cells"].get(name) else "" for name in names]
        lines.append(f"| **{row['model']}** {row['what']} | " + " | ".join(cells) + " |")
    lines += [""] + [f"{number}. {state}: {reason}" for (state, reason), number in reasons.items()]
    return "\n".join([*lines, "", f"On {document['machine']}."])


def into(page, documents):
    """`page` with a section of each document between its markers."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n".join(f"{section(document)}\n" for document in documents) + END + rest.split(END)[1]
