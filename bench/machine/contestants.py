"""What the quickest contestant of each cell of a run reaches of the machine's limit."""

import json
import subprocess


def document_of(assay, run):
    """A run as JSON: of a file, or of the store."""
    if run.endswith(".json"):
        with open(run, encoding="utf-8") as file:
            return json.load(file)
    done = subprocess.run([assay, "show", run, "--samples", "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def cell_of(result):
    return f"{result['model']} {result['size']}, {result['workload']}, {result['precision']}"


def is_right(result):
    return result["verdict"] not in ("wrong", "unchecked")


def best_shares(document):
    """One record a cell: who is quickest of those that are right, and its share of the limit as it was measured."""
    cells = {}
    for result in document["results"]:
        limit, time = result["limit"], result["time_ms"]
        if not limit or not time or limit.get("measured_ms", limit["ms"]) is None or not is_right(result):
            continue
        cell = cell_of(result)
        share = limit.get("measured_ms", limit["ms"]) / time["median"]
        if cell not in cells or share > cells[cell]["share"]:
            cells[cell] = {"cell": cell, "contestant": result["contestant"], "median_ms": time["median"], "share": share,
                           "bound": limit["bound"], "source": limit.get("source", "measured")}
    return list(cells.values())
