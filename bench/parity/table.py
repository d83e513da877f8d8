#!/usr/bin/env python3
"""Writes the table of all results into README.md, between its two marks: python3 bench/parity/table.py"""

import json
import re
import statistics
from pathlib import Path

HERE = Path(__file__).resolve().parent


def row(result):
    ratio = result["ratio"]
    verdict = "not slower" if ratio["low"] <= 1 else "slower"
    verdict = "faster" if ratio["high"] < 1 else verdict
    agreement = "-" if result["agreement"] is None else f"{result['agreement']:.1e}"
    ours, theirs = (median_ms(result, side) for side in sides(result))
    return (f"| {result['case']} | {result['ours']} | {result['theirs']} | {ours:.2f} | {theirs:.2f} | "
            f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}] | {ratio['rounds']} | {agreement} | {verdict} |")


def sides(result):
    """Ours first."""
    return sorted(result["blocks_ns"][0], key=lambda name: name != "runner")


def median_ms(result, side):
    """The median over rounds of a visit's median step."""
    return statistics.median(statistics.median(visit) for block in result["blocks_ns"] for visit in block[side]) / 1e6


def table():
    head = ("| case | ours | theirs | ours, ms | theirs, ms | ratio [95 %] | rounds | difference | verdict |\n"
            "|---|---|---|---|---|---|---|---|---|\n")
    found = [json.loads(path.read_text()) for path in sorted((HERE / "results").glob("*.json"))]
    return head + "".join(row(result) + "\n" for result in found)


def main():
    readme = HERE / "README.md"
    text = readme.read_text()
    new = re.sub(r"(<!-- table -->\n).*(<!-- end -->)", lambda match: match[1] + table() + match[2], text, flags=re.DOTALL)
    readme.write_text(new)


if __name__ == "__main__":
    main()
