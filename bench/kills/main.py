"""Kills the program 200 times (-9) at random moments: `python3 bench/kills/main.py [KILLS] [--seed N] [--program FILE]`. Prints one JSON object
and exits with 1 when anything was lost or left alive. Takes about six seconds a kill."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from kills import Killing


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--program", type=Path, default=Path(__file__).resolve().parents[2] / "build/release/assay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-kills-") as folder:
        killing = Killing(arguments.program, folder, arguments.seed)
        outcome = killing.run(arguments.kills, lambda now: print(f"\r{now.kills} kills, {len(now.faults)} faults", end="", file=sys.stderr))
    print(file=sys.stderr)
    print(json.dumps({"seed": killing.seed, **asdict(outcome)}))
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
