"""One graph with a case of every operator in it, side by side: for variants that compile a graph for seconds."""

import json

from cases import Case
from judge import Finding, gate

NAME = "all_operators"


def combined(cases):
    """The graph that computes all of them. Where they end in a loss, it ends in the sum of their losses."""
    values, nodes, outputs, sets, weights = [], [], [], [{}, {}], {}
    for case in cases:
        def named(name, case=case):
            return f"{case.name}.{name}" if name else ""

        graph = json.loads(json.dumps(case.graph))
        values += [{**entry, "name": named(entry["name"])} for entry in graph["values"]]
        nodes += [{**node, "name": named(node["name"]), "inputs": list(map(named, node["inputs"])), "outputs": list(map(named, node["outputs"]))}
                  for node in graph["nodes"]]
        outputs += map(named, graph["outputs"])
        weights |= {named(name): array for name, array in case.weights.items()}
        for number, arrays in enumerate(case.inputs):
            sets[number] |= {named(name): array for name, array in arrays.items()}
    if weights:
        outputs = [summed(outputs, values, nodes)]
    graph = {"assay_graph": 1, "name": NAME, "values": values, "nodes": nodes, "outputs": outputs}
    return Case(NAME, "", graph, sets, weights)


def summed(losses, values, nodes):
    total = losses[0]
    for place, loss in enumerate(losses[1:], 1):
        name = "loss" if place == len(losses) - 1 else f"sum{place}"
        values.append({"name": name, "dtype": "F32", "shape": [], "role": "computed"})
        nodes.append({"name": name, "op": "Add", "inputs": [total, loss], "outputs": [name], "attributes": {}})
        total = name
    return total


def judge_combined(contestant, cases, folder):
    """Findings by case."""
    combined(cases).write(folder)
    (trial,) = gate("--graphs", folder, "-f", contestant.name, "--tensors")
    return {case.name: part(trial, case) for case in cases}


def part(trial, case):
    """What the gate says of one case's tensors. Where it says nothing of single ones, the whole speaks for each."""
    own = [error for error in trial.get("tensors", []) if error["tensor"].removeprefix("grad.").startswith(f"{case.name}.")]
    state = trial["verdict"] if trial["outcome"] == "ok" else trial["outcome"]
    if state != "exact" and own and trial["outcome"] == "ok":
        state = "exact" if all(error["tolerance_share"] <= 1 for error in own) else "wrong"
    reasons = frozenset() if state == "exact" else frozenset([f"{case.operator}: {state}"])
    return Finding(case.name, case.operator, state, reasons, trial["reason"], max((error["times_f32"] or 0 for error in own), default=0))
