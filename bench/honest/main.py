"""Launches every honest contestant that is set up at the tiny size, 200 launches in all, on a machine that others keep busy:
`python3 bench/honest/main.py [--launches 200] [--json]`. Nobody may be rejected: exits with 1 when anyone is, or fails."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import honest


def arguments_given():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assay", type=Path, default=honest.ROOT / "build/release/assay", metavar="FILE", help="the program under test")
    parser.add_argument("--launches", type=int, default=200, help="of all contestants together, at least (200)")
    parser.add_argument("--hogs", type=int, default=os.cpu_count(), help="processes that compute beside them (one for each CPU)")
    parser.add_argument("-m", "--model", action="append", help="repeatable (smollm2-135m)")
    parser.add_argument("-w", "--workload", action="append", help="repeatable (all of the models)")
    parser.add_argument("-f", "--framework", action="append", help="contestants; repeatable (all, and the honest variants of fake)")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; each next one has the next (0)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    return parser.parse_args()


def text(document):
    lines = [f"{count:5} launches of {name}" for name, count in document["by_contestant"].items()]
    lines += [f"{kind}: {one['contestant']} {one['model']} {one['workload']} in run {one['run']}: {one['verdict']}: {one['reason']}"
              for kind in ("rejected", "failed") for one in document[kind]]
    return "\n".join([*lines, f"{document['launches']} launches beside {document['hogs']} CPU hogs: {len(document['rejected'])} rejected, "
                              f"{len(document['failed'])} failed"])


def main():
    arguments = arguments_given()
    chosen = arguments.framework or honest.contestants(arguments.assay)
    cells = [word for model in arguments.model or ["smollm2-135m"] for word in ("-m", model)]
    cells += [word for workload in arguments.workload or [] for word in ("-w", workload)]
    with tempfile.TemporaryDirectory(prefix="assay-honest-") as folder:
        outcome = honest.measure(arguments.assay, folder, cells, chosen, arguments.launches, arguments.hogs, arguments.seed,
                                 lambda now: print(f"honest: {sum(now.launches.values())} launches, {len(now.rejected)} rejected, "
                                                   f"{len(now.failed)} failed", file=sys.stderr, flush=True))
    document = {"hogs": arguments.hogs, "cpus": os.cpu_count(), **outcome.document()}
    print(json.dumps(document, indent=1) if arguments.json else text(document))
    return 1 if outcome.rejected or outcome.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError) as error:
        print(f"honest: {error}", file=sys.stderr)
        sys.exit(4)
