"""How far honest answers lie from the truth and how far dishonest ones: the distribution that the gate's thresholds stand between.

    python3 bench/gate/distribution.py --assay build/release/assay            prints the tables
    python3 bench/gate/distribution.py ... --full --write docs/method.md      full size too, and writes them there
    python3 bench/gate/distribution.py ... --trials FILE                      full size as an earlier `assay judge --size full --json --tensors` had it
    python3 bench/gate/distribution.py ... --json                             every tensor

Needs all frameworks to be set up (assay setup).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/e2e")]
import suites  # noqa: E402
from liars import LIARS  # noqa: E402

HONEST = suites.given_the_graph()
REAL = [name for name, _ in suites.contestants()]
REFERENCE = "fake/honest"  # the reference in float32, through the same pipe
BEGIN, END = "<!-- bench/gate: begin -->", "<!-- bench/gate: end -->"


def gate(assay, *arguments):
    environment = os.environ | {"ASSAY_BINARY": str(assay)}
    done = subprocess.run([str(assay), "judge", "--json", "--tensors", *arguments], stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode not in (0, 1, 3):  # a runner refused, a mutant passed or not answered: the tables say so
        sys.exit(f"assay judge {' '.join(arguments)} ended with {done.returncode}")
    return complete(json.loads(done.stdout)["results"])


def complete(trials):
    """The trials that gave answers: without what a framework cannot do, and without mutants that it ends at."""
    trials = [trial for trial in trials if trial["outcome"] == "ok" or not (trial["mutant"] or trial["outcome"] == "unsupported")]
    for trial in trials:
        if trial["outcome"] != "ok":
            sys.exit(f"{trial['contestant']} {trial['workload']} {trial['mutant']}: {trial['outcome']}: {trial['reason']}")
    return trials


def named(contestants):
    return [word for contestant in contestants for word in ("-f", contestant)]


def collect(assay, model, full):
    """Trials of honest contestants, of liars and of mutants. full: trials at full size, if any."""
    honest = gate(assay, "-m", model, *named([REFERENCE, *REAL])) + full
    lies = []
    for workload, liars in LIARS.items():
        lies += gate(assay, "-m", model, "-w", workload, *named(f"fake/{liar}" for liar in liars))
    mutants = [trial for trial in gate(assay, "-m", model, "--mutants", *named(HONEST)) if trial["mutant"]]
    return {"honest": honest, "liars": lies, "mutants": mutants}


def name_of(trial):
    return trial["contestant"].split("@")[0]


def largest_share(trial):
    """The error of the worst tensor over what `exact` allows it; infinite where an answer could not be compared."""
    shares = [tensor["tolerance_share"] for tensor in trial["tensors"]]
    return float("inf") if not shares or None in shares else max(shares)


def quantile(values, share):
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def honest_table(trials):
    lines = ["| contestant | size | workload | tensors | median | 95 % | largest | of what is allowed | verdict |", "|---|---|---|--:|--:|--:|--:|--:|---|"]
    for trial in trials:
        times = [tensor["times_f32"] for tensor in trial["tensors"]]
        figures = f"{statistics.median(times):.2f} | {quantile(times, 0.95):.2f} | {max(times):.2f} | {100 * largest_share(trial):.0f} %"
        lines.append(f"| {name_of(trial)} | {trial['size']} | {trial['workload']} | {len(times)} | {figures} | `{trial['verdict']}` |")
    return lines


def nearest(trials, name):
    """Of each liar or mutant the trial that came nearest to passing."""
    best = {}
    for trial in trials:
        if name(trial) not in best or largest_share(trial) < largest_share(best[name(trial)]):
            best[name(trial)] = trial
    return sorted(best.items(), key=lambda item: largest_share(item[1]))


def rejected_table(kind, trials, name):
    lines = [f"| {kind} | trials | rejected | nearest to passing | error over what `exact` allows |", "|---|--:|--:|---|--:|"]
    for what, trial in nearest(trials, name):
        same = [other for other in trials if name(other) == what]
        rejected = sum(other["verdict"] == "wrong" for other in same)
        where = trial["workload"] if kind == "liar" else f"{name_of(trial)}, {trial['workload']}"
        lines.append(f"| {what} | {len(same)} | {rejected} | {where} | {largest_share(trial):.3g} |")
    return lines


def tables(found):
    below = [trial for trial in found["mutants"] if trial["by_hash"]]
    seen = [trial for trial in found["mutants"] if not trial["by_hash"]]
    lines = ["Honest contestants: errors of every tensor as multiples of float32's rounding, and the largest error over what `exact` allows.", ""]
    lines += honest_table(found["honest"]) + [""]
    lines += rejected_table("liar", found["liars"], lambda trial: name_of(trial).removeprefix("fake/")) + [""]
    lines += rejected_table("mutant", seen, lambda trial: trial["mutant"])
    for what, trial in nearest(below, lambda trial: trial["mutant"]):
        lines += ["", f"Below rounding, and told by the graph's hash alone: `{what}`, {largest_share(trial):.2f} of what is allowed."]
    return lines


def write(path, lines):
    text = path.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text("\n".join([before + BEGIN, *lines, END]) + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", type=Path, default=ROOT / "build/release/assay")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--full", action="store_true", help="honest contestants at full size too")
    parser.add_argument("--trials", type=Path, help="instead of --full")
    parser.add_argument("--json", action="store_true", help="every tensor, instead of tables")
    parser.add_argument("--write", type=Path, help="a document with the two marks between which the tables go")
    arguments = parser.parse_args()
    full = complete(json.loads(arguments.trials.read_text())["results"]) if arguments.trials else []
    if arguments.full:
        full = gate(arguments.assay, "-m", arguments.model, "--size", "full", *named(REAL))
    found = collect(arguments.assay, arguments.model, full)
    lines = tables(found)
    if arguments.write:
        write(arguments.write, lines)
    print(json.dumps(found, indent=1) if arguments.json else "\n".join(lines))


if __name__ == "__main__":
    main()
