#!/usr/bin/env python3
"""Writes the table of all results into README.md, between its two marks: python bench/parity/table.py, with a Python that has numpy and
safetensors."""

import json
import re
import statistics
from pathlib import Path

import llama_cpp
import onnx_runtime
import pytorch

HERE = Path(__file__).resolve().parent
SCRIPTS = {"pytorch": pytorch, "onnx_runtime": onnx_runtime, "llama_cpp": llama_cpp}

MOST_RATIO = 1.05  # parity: no more of the interval lies above
# Results, by file name, that do not show parity. A row that comes to show it turns the test red, and leaves this list.
OPEN = {"llama_cpp-decode", "onnx_runtime-decode", "onnx_runtime-decode-joined", "onnx_runtime-prefill", "pytorch-training"}


def found():
    """{file name: result} of all that are committed."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "results").glob("*.json"))}


def not_measured():
    """Cases that a script has and that no result is of, by the name that its file would have."""
    return sorted({f"{script}-{case}" for script, module in SCRIPTS.items() for case in module.CASES} - set(found()))


def verdict(result):
    """What the interval says; a row that is open says why."""
    ratio, launches = result["ratio"], len(result["blocks_ns"])
    if ratio["high"] < 1:
        return "faster"
    if ratio["high"] <= MOST_RATIO:
        return "parity"
    return "open: slower" if ratio["low"] > 1 else f"open: up to {100 * (ratio['high'] - 1):.1f} % slower, of {launches} launches"


def row(result):
    ratio = result["ratio"]
    agreement = "-" if result["agreement"] is None else f"{result['agreement']:.1e}"
    ours, theirs = (median_ms(result, side) for side in sides(result))
    return (f"| {result['case']} | {result['ours']} | {result['theirs']} | {ours:.2f} | {theirs:.2f} | "
            f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}] | {ratio['rounds']} | {agreement} | {verdict(result)} |")


def sides(result):
    """Ours first."""
    return sorted(result["blocks_ns"][0], key=lambda name: name != "runner")


def median_ms(result, side):
    """The median over rounds of a visit's median step."""
    return statistics.median(statistics.median(visit) for block in result["blocks_ns"] for visit in block[side]) / 1e6


def table():
    head = ("| case | ours | theirs | ours, ms | theirs, ms | ratio [95 %] | rounds | difference | verdict |\n"
            "|---|---|---|---|---|---|---|---|---|\n")
    missing = not_measured()
    return head + "".join(row(result) + "\n" for result in found().values()) + (
        f"\nWithout a result yet: {', '.join(missing)}.\n" if missing else "")


def into(page):
    """The page with the table between its marks."""
    return re.sub(r"(<!-- table -->\n).*(<!-- end -->)", lambda match: match[1] + table() + match[2], page, flags=re.DOTALL)


def main():
    readme = HERE / "README.md"
    readme.write_text(into(readme.read_text()))


if __name__ == "__main__":
    main()
