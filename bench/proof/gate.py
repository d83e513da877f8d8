"""Whom the gate rejects: every liar of frameworks/fake, every mutant of the real runners, and no honest runner."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/e2e")]
import suites  # noqa: E402
from liars import ABOUT_TIME, FROM_MEMORY, LEFT_OUT, LIARS  # noqa: E402

# All that are given the graph, and the other variants of those frameworks.
HONEST_FRAMEWORKS = sorted({name.split("/")[0] for name in suites.given_the_graph()})


def call(program, environment, *arguments):
    done = subprocess.run([str(program), *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          stdin=subprocess.DEVNULL, env=environment)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"assay {' '.join(arguments)} ended with {done.returncode}")
    return json.loads(done.stdout)["results"]


def lies(program, environment):
    """Verdicts of liars and of the honest fake beside them, {(workload, variant): verdict}."""
    found = {}
    # Those that are right at first, or right and late, are found over several rounds.
    for workload, variants, rounds in [*((*one, 1) for one in LIARS.items()), ("inference", [*FROM_MEMORY, *LEFT_OUT, *ABOUT_TIME], 6)]:
        contestants = [word for variant in ["honest", *variants] for word in ("-f", f"fake/{variant}")]
        for result in call(program, environment, "run", "-m", "smollm2-135m", "--size", "tiny", "-w", workload, "--rounds", str(rounds),
                           *contestants):
            found[workload, result["variant"]] = result["verdict"]
    return found


def measure(program):
    """How many liars and mutants there are and how many were rejected; likewise honest runners."""
    with tempfile.TemporaryDirectory(prefix="assay-trust-") as folder:
        environment = os.environ | {"ASSAY_STORE": f"{folder}/store.db", "ASSAY_BINARY": str(program)}
        lied = lies(program, environment)
        frameworks = [word for name in HONEST_FRAMEWORKS for word in ("-f", name)]
        # What a framework cannot do, or ends at, gives no answer that could pass.
        tried = [trial for trial in call(program, environment, "judge", "--mutants", *frameworks) if trial["outcome"] == "ok"]
    liars = [verdict for (_, variant), verdict in lied.items() if variant != "honest"]
    mutants = [trial["verdict"] for trial in tried if trial["mutant"] and not trial["by_hash"]]
    honest = [trial["verdict"] for trial in tried if not trial["mutant"]]
    honest += [verdict for (_, variant), verdict in lied.items() if variant == "honest"]
    return {"liars": len(liars), "liars_rejected": liars.count("wrong"), "mutants": len(mutants), "mutants_rejected": mutants.count("wrong"),
            "honest": len(honest), "honest_rejected": honest.count("wrong")}
