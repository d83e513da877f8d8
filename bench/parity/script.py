"""What all parity scripts do on the command line: cases one after the other, each into a file of its own."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import results


def run(script, description, cases, measure):
    """`measure(case, arguments, folder)` for each case that is wanted; its result goes to results/CASE.json beside `script`."""
    script = Path(script).resolve()
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program assay")
    parser.add_argument("--python", default=sys.executable, help="a Python with what both sides need (this one)")
    parser.add_argument("--only", default=",".join(cases), help="cases, comma separated: " + ", ".join(cases))
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--rounds", type=int, default=4, help="rounds in a block")
    parser.add_argument("--blocks", type=int, default=6, help="blocks; all processes start anew in each")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=script.parent / "results", help="folder for the results")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for case in arguments.only.split(","):
            about = results.surroundings(script, arguments)
            results.write(arguments.results / f"{case}.json", {**about, **measure(case, arguments, Path(folder))})
