#!/usr/bin/env python3
"""What questions to a large store cost: fills one with 100,000 results and all their samples, and measures time and memory of each command.

    ninja -C build/release assay store_fill
    python3 bench/store/main.py                 prints a table; 2 GB and some minutes in the folder for temporary files
    python3 bench/store/main.py --runs 200      a tenth of it
    python3 bench/store/main.py --models 125    no two results of one contestant, model and machine, so that all of them are on the pages
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"


def measured(words, environment, output=subprocess.DEVNULL):
    """Seconds, and the peak of resident memory in MB, of one command."""
    began = time.monotonic()
    process = subprocess.Popen(list(map(str, words)), env=environment, stdout=output, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: a gate that stops somebody
        sys.exit(f"{' '.join(map(str, words))} ended with {process.returncode}: {said}")
    return time.monotonic() - began, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="of 50 results with 20 visits of 5 samples each")
    parser.add_argument("--models", type=int, default=1, help="of how many models they are")
    parser.add_argument("--times", type=int, default=3, help="how often each question is asked; the median counts")
    parser.add_argument("--exchange", action="store_true", help="export and import all of it, too")
    arguments = parser.parse_args()
    program = BUILD / "assay"
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        environment = os.environ | {"ASSAY_STORE": str(store), "TERM": "dumb"}
        seconds, _ = measured([BUILD / "store_fill", store, arguments.runs, 50, 20, 5, arguments.models], environment)
        print(f"{50 * arguments.runs} results in {arguments.runs} runs, {store.stat().st_size / 1e6:.0f} MB, written in {seconds:.0f} s")
        runs = json.loads(subprocess.run([program, "show", "--json"], env=environment, check=True, capture_output=True).stdout)["runs"]
        alike = [run["run"] for run in runs if run["host"] == runs[0]["host"]]  # a gate compares machines of one kind
        middle = alike[len(alike) // 2]
        page = Path(folder) / "page.html"
        questions = [["advise", "-m", "model"], ["compare", runs[0]["run"], middle], ["compare", "framework7", "framework8"], ["history", "-f", "framework7"],
                     ["gate", runs[0]["run"], "--baseline", middle, "--max", "100"], ["claims"], ["report", "-o", page], ["report", "--site", Path(folder) / "site"],
                     ["show"], ["show", "--json"], ["show", "last"], ["show", middle], ["show", middle[:-1]], ["show", middle, "--samples", "--json"],
                     ["show", "label 7"], ["complete", "show", ""], ["export", "label 7"]]
        for words in questions:
            taken = sorted(measured([program, *words], environment) for _ in range(arguments.times))
            seconds, megabytes = taken[len(taken) // 2]
            print(f"{seconds:7.2f} s {megabytes:7.0f} MB  assay {' '.join(map(str, words))}")
        if arguments.exchange:
            file, other = Path(folder) / "results.jsonl", environment | {"ASSAY_STORE": str(Path(folder) / "other.db")}
            for words, where in ((["export", "-o", file], environment), (["import", file], other), (["import", file], other)):
                seconds, megabytes = measured([program, *words], where)
                print(f"{seconds:7.2f} s {megabytes:7.0f} MB  assay {words[0]} of {file.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
