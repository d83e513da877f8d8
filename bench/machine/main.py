"""Holds what Assay takes for the machine's limits against the best simple loops, and against what contestants reach.

    bench/limits                                 every kernel against plain loops: about two minutes
    bench/limits --contestants RUN               and the share of the limit of the best contestant of each cell of a stored run
                                                 (its id, "last", or a file of `assay show RUN --samples --json`; repeatable), and
                                                 what fresh inputs and questions added to it
    bench/limits --keep bench/machine/results.json --into docs/method.md
    bench/limits --summary bench/machine/results.json

Ends with 1 when a kernel set is more than 3 % behind a plain loop in DRAM, or a contestant is more than 5 % beyond the limit.
On a busy machine take the ratios, not the rates, and more turns.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

import asking
import contestants
import kernels
import machine

ROOT = Path(__file__).resolve().parents[2]
LEAST_RATIO, MOST_SHARE = 0.97, 1.05


def arguments_given():
    parser = argparse.ArgumentParser(prog="bench/limits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", type=Path, default=ROOT / "build/release/assay", metavar="FILE", help="the program under test")
    parser.add_argument("--turns", type=int, default=25, help="of plain loops and kernels, in each level of memory (25)")
    parser.add_argument("--seconds", type=float, default=0.05, help="of the plain loops, each turn and number of threads (0.05, which gives them as long as the kernels have)")
    parser.add_argument("--threads", type=int, default=0, help="0: every usable core")
    parser.add_argument("--contestants", metavar="RUN", action="append", help="a stored run, or a file of its JSON; repeatable")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the result of this machine to this file, beside those of others")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="only sum up a file")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the tables between the markers of this page")
    return parser.parse_args()


def measure(arguments):
    limits = machine.limits(arguments.assay, arguments.threads)
    with tempfile.TemporaryDirectory(prefix="assay-limits-") as folder:
        program = kernels.compile_plain(folder)
        levels = kernels.compare(arguments.assay, program, limits["limits"], arguments.turns, arguments.seconds)
    result = machine.described(limits) | {"levels": levels, "contestants": []}
    if arguments.contestants:
        documents = [contestants.document_of(arguments.assay, run) for run in arguments.contestants]
        result["contestants"] = [share for document in documents for share in contestants.best_shares(document)]
        result["asking"] = [cost for document in documents for cost in asking.costs(document)]
    return result


def rate(bytes_per_s):
    return f"{bytes_per_s / 1e9:.3g} GB/s"


def best(rates):
    name = max(rates, key=rates.get)
    loop, threads = name.split(", ")
    return f"{loop}, {threads} thread{'' if threads == '1' else 's'}", rates[name]


def text(results):
    lines = ["| machine | memory | best plain loop | | Assay's best kernel | | kernel / loop, median of turns [all] | slowest kernel / loop |",
             "|---|---|---|--:|---|--:|--:|--:|"]
    for result in results:
        for level in result["levels"]:
            plain, plain_rate = best(level["plain"])
            kernel, kernel_rate = best(level["kernels"])
            all_threads = [value for name, value in level["ratio_of_each"].items() if name.endswith(f", {result['threads']}")]
            lines.append(f"| {machine.title(result)} | {level['level']} | {plain} | {rate(plain_rate)} | {kernel} | {rate(kernel_rate)} | "
                         f"{kernels.ratio(level):.2f} [{min(level['ratios']):.2f}, {max(level['ratios']):.2f}] | "
                         f"{min(all_threads):.2f} |")
    shares = [(result, share) for result in results for share in result["contestants"]]
    if shares:
        lines += ["", "| machine | cell | quickest contestant | median | bound by | share of the limit |", "|---|---|---|--:|---|--:|"]
        lines += [f"| {machine.title(result)} | {share['cell']} | {share['contestant']} | {share['median_ms']:.3g} ms | {share['bound']} | "
                  f"{share['share']:.2f} |" for result, share in shares]
    costs = [row for result in results for row in asking.rows(machine.title(result), result.get("asking", []))]
    if costs:
        lines += ["", *asking.HEADER, *costs]
    return "\n".join(lines)


def faults(result):
    found = [f"{level['level']}: the best kernel reaches {kernels.ratio(level):.2f} of a plain loop"
             for level in result["levels"] if level["level"] == "DRAM" and kernels.ratio(level) < LEAST_RATIO]
    return found + [f"{share['cell']}: {share['contestant']} reaches {share['share']:.2f} of the limit"
                    for share in result["contestants"] if share["share"] > MOST_SHARE]


def write_into(page, tables):
    old = page.read_text()
    new, count = re.subn(r"(<!-- bench/limits: begin -->\n).*?(<!-- bench/limits: end -->)", lambda found: f"{found[1]}{tables}\n{found[2]}",
                         old, flags=re.DOTALL)
    if count != 1:
        sys.exit(f"limits: {page} has no place for the tables: <!-- bench/limits: begin --> and <!-- bench/limits: end -->")
    page.write_text(new)


def main():
    arguments = arguments_given()
    if arguments.summary:
        results = json.loads(arguments.summary.read_text())
    else:
        result = measure(arguments)
        results = [result]
        if arguments.keep:
            kept = json.loads(arguments.keep.read_text()) if arguments.keep.exists() else []
            results = [other for other in kept if machine.title(other) != machine.title(result)] + [result]
            arguments.keep.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.into:
        write_into(arguments.into, text(results))
    print(json.dumps(results, indent=1) if arguments.json else text(results))
    found = [fault for result in results for fault in faults(result)]
    for fault in found:
        print(f"limits: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
