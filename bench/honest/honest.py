"""Launches honest contestants again and again at the tiny size, beside processes that eat the CPUs, and counts whom Assay rejects."""

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/proof"))
import hog  # noqa: E402

# Of the hidden framework, those that do what they say.
FAKES = ("fake/honest", "fake/tf32", "fake/f16", "fake/bf16", "fake/busy-kernel")


@dataclass
class Outcome:
    runs: int = 0
    launches: Counter = field(default_factory=Counter)  # by contestant, cold and warm ones
    rejected: list = field(default_factory=list)  # what the gate or a clock called wrong
    failed: list = field(default_factory=list)  # what crashed, hung or failed in another way

    def add(self, document):
        """Counts a run's results. What a framework cannot do is neither."""
        self.runs += 1
        for result in document["results"]:
            if result["outcome"] == "unsupported":
                continue
            self.launches[result["contestant"]] += launches(result)
            fault = {"run": document["run"], **{key: result[key] for key in ("contestant", "model", "workload", "outcome", "verdict", "reason")}}
            if result["verdict"] in ("wrong", "unchecked") and result["outcome"] == "ok":
                self.rejected.append(fault)
            elif result["outcome"] != "ok":
                self.failed.append(fault)

    def document(self):
        return {"runs": self.runs, "launches": sum(self.launches.values()), "rejected": self.rejected, "failed": self.failed,
                "by_contestant": dict(sorted(self.launches.items()))}


def launches(result):
    """How often a contestant was started: its cold launch, and once a block."""
    start = result["start_s"]
    return 1 + (start["warm"]["launches"] if start and start["warm"] else 0)


def contestants(program):
    """Every contestant that can run here, and the honest fakes. Who is not set up is not left out in silence."""
    document = json.loads(subprocess.run([str(program), "check", "--json"], stdout=subprocess.PIPE, text=True, check=True).stdout)
    here = [entry for entry in document["contestants"] if entry["state"] != "cannot run here" and not entry["contestant"].startswith("fake/")]
    missing = [f"{entry['contestant']} is {entry['state']}" for entry in here if entry["state"] != "ready"]
    if missing:
        raise RuntimeError(f"{', '.join(missing)}: `assay setup`, or name contestants with -f")
    return [entry["contestant"] for entry in here] + list(FAKES)


def run(program, folder, cells, chosen, seed):
    """The document of one run of a round: every contestant launched twice in each of the cells, which are words of `assay run`."""
    words = [word for name in chosen for word in ("-f", name)] + cells
    environment = os.environ | {"ASSAY_STORE": f"{folder}/store.db", "ASSAY_BINARY": str(program)}
    done = subprocess.run([str(program), "run", *words, "--size", "tiny", "--rounds", "1", "--seed", str(seed), "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"assay run ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def measure(program, folder, cells, chosen, wanted, hogs, seed, tell=lambda outcome: None):
    """Runs until there were so many launches."""
    outcome = Outcome()
    with contextlib.ExitStack() as neighbours:
        for _ in range(hogs):
            neighbours.enter_context(hog.beside(True))
        while sum(outcome.launches.values()) < wanted:
            before = sum(outcome.launches.values())
            outcome.add(run(program, folder, cells, chosen, seed + outcome.runs))
            tell(outcome)
            if sum(outcome.launches.values()) == before:
                raise RuntimeError("no contestant could be launched: assay check says why")
    return outcome
