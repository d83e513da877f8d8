"""What a framework cannot do: the smallest graph for each thing, in its folder `unsupported/` (frameworks/README.md)."""

import json

import numpy
from cases import SETS, TYPES, Case


def smallest_graphs(framework_folder):
    """(path, Case) of each, with inputs and weights that are drawn; integers are zeros, since they may be indices."""
    for path in sorted((framework_folder / "unsupported").rglob("*.json")):
        graph = json.loads(path.read_text())
        random = numpy.random.default_rng(0)
        sets = [drawn(graph, "input", random) for _ in range(SETS)]
        yield path, Case(path.stem, graph["nodes"][0]["op"], graph, sets, drawn(graph, "parameter", random))


def drawn(graph, role, random):
    arrays = {}
    for entry in graph["values"]:
        if entry["role"] == role:
            floating = entry["dtype"] == "F32"
            numbers = random.standard_normal(entry["shape"]) if floating else numpy.zeros(entry["shape"])
            arrays[entry["name"]] = numpy.asarray(numbers, TYPES[entry["dtype"]])
    return arrays
