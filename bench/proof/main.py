"""Puts Assay to the test: copies of one contestant must tie, one that is 5 % slower must be found, the loop must cost nothing, and every
liar must be rejected.

    bench/trust                      the whole proof: hours
    bench/trust --quick --json       ends within 10 minutes
    bench/trust --only pairs --sizes full --sessions 2 --keep FILE
    bench/trust --summary FILE       what the sessions kept in FILE say, without running anything
    bench/trust --summary bench/proof/results.json --into docs/method.md

Needs the framework in Python that is set up soonest to be so (assay setup). With --keep every session is kept in FILE with its command, machine and ratios, and
counts with those already there: over days and machines' moods.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import gate
import hog
import overhead
import sessions
import summary

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("overhead", "gate", "pairs")
QUICK_BUDGET = {False: "4m", True: "1m"}  # the quiet session is the one that the figures are of


def say(text):
    print(f"trust: {text}", file=sys.stderr, flush=True)


def arguments_given():
    parser = argparse.ArgumentParser(prog="bench/trust", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", type=Path, default=ROOT / "build/release/assay", metavar="FILE", help="the program under test")
    parser.add_argument("--quick", action="store_true", help="tiny only, one session with and one without a CPU hog")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; repeatable")
    parser.add_argument("--sizes", default="tiny,full", help="of the model, comma separated (tiny,full)")
    parser.add_argument("--sessions", type=int, default=4, help="of each size, with and without hog (4)")
    parser.add_argument("--seed", type=int, default=0, help="of the first session; each next one has the next (0)")
    parser.add_argument("--hog", choices=("with", "without", "both"), default="both")
    parser.add_argument("--honest", type=int, default=6, help="honest copies in a session (6)")
    parser.add_argument("--slower", type=int, default=3, help="slower copies in a session (3)")
    parser.add_argument("--budget", default="10m", help="for measuring one session (10m)")
    parser.add_argument("--target", type=float, default=3.0, metavar="PERCENT", help="half-width at which a session stops (3)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="add the sessions to this file, and count those that it has")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="only sum up a file")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the figures between the markers of this page")
    return parser.parse_args()


def plans(arguments):
    """The sessions to run; the seed of each differs."""
    hogs = {"with": [True], "without": [False], "both": [False, True]}[arguments.hog]
    if arguments.quick:
        return [sessions.Plan("tiny", 3, 3, QUICK_BUDGET[hog], hog, seed, arguments.target) for seed, hog in enumerate(hogs)]
    return [sessions.Plan(size, arguments.honest, arguments.slower, arguments.budget, hog, seed, arguments.target)
            for seed in range(arguments.seed, arguments.seed + arguments.sessions) for size in arguments.sizes.split(",") for hog in hogs]


def run_sessions(arguments, kept):
    with tempfile.TemporaryDirectory(prefix="assay-trust-") as folder:
        wanted = plans(arguments)
        for index, plan in enumerate(wanted):
            say(f"session {index + 1} of {len(wanted)}: {plan.honest} copies and {plan.slower} slower ones, {plan.size}"
                + (", beside a CPU hog" if plan.hog else ""))
            with hog.beside(plan.hog):
                session = sessions.run(arguments.assay, plan, Path(folder) / "store.db")
            kept["sessions"].append(summary.of_session(session))
            keep(arguments.keep, kept)


def keep(path, kept):
    if path:
        path.write_text(readable(kept))


def readable(document):
    """JSON with an entry a line, and each visit's few numbers on one."""
    text = json.dumps(document, indent=1) + "\n"
    return re.sub(r"\[\s+([-\d.,\s]+?)\s+\]", lambda row: "[" + " ".join(row[1].split()) + "]", text)


def main():
    arguments = arguments_given()
    source = arguments.summary or arguments.keep
    kept = json.loads(source.read_text()) if source and source.exists() else {"sessions": []}
    parts = [] if arguments.summary else arguments.only or PARTS
    if "overhead" in parts:
        for beside in {"with": [True], "without": [False], "both": [False, True]}[arguments.hog]:
            say("the loop's overhead" + (", beside a CPU hog" if beside else ""))
            with hog.beside(beside):
                kept["loop_overhead_beside_hog_ns" if beside else "loop_overhead_ns"] = overhead.measure(arguments.assay)
    if "gate" in parts:
        say("liars, mutants and honest runners at the gate")
        kept["gate"] = gate.measure(arguments.assay)
    keep(arguments.keep, kept)
    if "pairs" in parts:
        run_sessions(arguments, kept)
    document = summary.of(kept)
    if arguments.into:
        arguments.into.write_text(summary.into(arguments.into.read_text(), document))
    print(json.dumps(document, indent=2) if arguments.json else summary.text(document))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.SubprocessError, OSError) as error:
        say(error)
        sys.exit(4)
