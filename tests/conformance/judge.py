"""The gate's findings on small graphs: one process a contestant, which gets one graph after the other."""

import json
import re
import subprocess
from dataclasses import dataclass

from contestants import PROGRAM

SECONDS = 900


@dataclass
class Finding:
    """What a contestant makes of one case: exact, or the reasons why not."""

    case: str
    operator: str
    state: str  # "exact", "unsupported", or what else the gate says: "wrong", "crashed" …
    reasons: frozenset  # what must be shown by a smallest graph
    text: str
    times: float  # the error, as a multiple of what rounding alone does

    @property
    def exact(self):
        return self.state == "exact"


def gate(*words, seconds=SECONDS):
    done = subprocess.run([PROGRAM, "judge", "--json", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["results"]


def judge(contestants, cases, folder):
    """Findings of each contestant, by case. The cases are written into `folder`."""
    for case in cases:
        case.write(folder)
    known = {case.name: case for case in cases}
    words = [word for contestant in contestants for word in ("-f", contestant.name)]
    found = {contestant: {} for contestant in contestants}
    named = {contestant.name: contestant for contestant in contestants}
    for trial in gate("--graphs", folder, *words):
        found[named[trial["contestant"]]][trial["model"]] = finding(trial, known[trial["model"]])
    return found


def finding(trial, case):
    state = trial["verdict"] if trial["outcome"] == "ok" else trial["outcome"]
    if state == "unsupported":
        told = [node["message"].replace(node["op"], "OPERATOR") for node in trial["nodes"]] or [trial["reason"]]
        reasons = frozenset(general(text, trial["model"]) for text in told)
    else:  # no reason is promised: it is that of the operator
        reasons = frozenset() if state == "exact" else frozenset([f"{case.operator}: {state}"])
    return Finding(case.name, case.operator, state, reasons, trial["reason"], trial["times_f32"] or 0)


def general(text, graph):
    """A reason without the names and numbers of one graph; that of the operator was taken out before."""
    text = text.replace(graph, "GRAPH")
    return re.sub(r"\d+", "N", re.sub(r"^\S+ (?=(has|is) )", "A tensor ", text))
