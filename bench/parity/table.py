#!/usr/bin/env python3
"""Writes the table of all results into README.md, between its two marks: python bench/parity/table.py, with a Python that has numpy and
safetensors. Scripts and their results are found by looking: frameworks/NAME/parity/parity.py and results/ beside it.
"""

import importlib.util
import json
import re
import statistics
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

MOST_RATIO = 1.05  # parity: no more of the interval lies above


def scripts():
    """{framework: module} of all that have a parity script."""
    found = {}
    for path in sorted(ROOT.glob("frameworks/*/parity/parity.py")):
        framework = path.parent.parent.name
        spec = importlib.util.spec_from_file_location(f"parity_{len(found)}", path)
        found[framework] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found[framework])
    return found


SCRIPTS = scripts()
REQUIRED, OPEN = ({f"{framework}/{case}" for framework, module in SCRIPTS.items() for case in getattr(module, kind)}
                  for kind in ("REQUIRED", "OPEN"))


def found():
    """{"framework/case": result} of all that are committed."""
    return {f"{framework}/{path.stem}": json.loads(path.read_text())
            for framework in SCRIPTS for path in sorted((ROOT / "frameworks" / framework / "parity/results").glob("*.json"))}


def not_measured():
    """Cases that a script has and that no result is of."""
    return sorted({f"{framework}/{case}" for framework, module in SCRIPTS.items() for case in module.CASES} - set(found()))


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
