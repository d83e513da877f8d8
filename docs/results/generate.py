#!/usr/bin/env python3
"""Writes the tables and pictures of the documents from the results in this folder (`assay show RUN --samples > docs/results/NAME.json`), and those of
docs/frameworks.md and docs/claims.md from what the tree says of each framework and claim.

    generate.py            writes README.md's table, the pictures, a sentence of docs/method.md, and tables of docs/frameworks.md, docs/claims.md and
                           docs/usage.md (sweeps)
    generate.py --check    changes nothing; exit code 1 and a list when something differs from what would be written
"""

import argparse
import difflib
import io
import itertools
import json
import sys
from pathlib import Path

import cells
import claims
import frameworks
import own_models
import scatter
import sweeps
from words import CLASSES, WORKLOADS, command, counts, digits, milliseconds

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
COLOURS = ("#b07d12", "#edae49", "#30638e", "#d1495b", "#66a182", "#6a4c93",  # of the frameworks of a picture, by name
           "#00798c", "#8d6b94", "#3d405b", "#a3b18a", "#c1666b")


def results(document, workload):
    """A workload's results, each class ranked by median; what is in no ranking comes last. Nothing for a workload that an interrupted run did
    not reach."""
    chosen = [result for result in document["results"] if result["workload"] == workload]
    if not any(result["time_ms"] for result in chosen):
        return []
    return sorted(chosen, key=order)


def order(result):
    """Class, place, time; who has no place comes last of its class."""
    if not counts(result):
        return len(CLASSES), 0, 0
    return CLASSES.index(result["verdict"]), result["place"]["number"] if result["place"] else 1000, result["time_ms"]["median"]


def size(value):
    return "-" if value is None else f"{digits(value / 1e9)} GB" if value >= 1e9 else f"{digits(value / 1e6)} MB"


def interval(values, contestant):
    """The ratio to the baseline, its interval, and what it says."""
    if values is None:
        return "-"
    if values["to"] == contestant:
        return "1"
    return f"{values['median']:.2f}" + ("" if values["low"] is None else f" [{values['low']:.2f}, {values['high']:.2f}]") + " " + said(values)


def said(ratio):
    if ratio["comparison"] == "equal":
        return f"equal within {100 * ratio['margin']:.2g} %"
    if ratio["comparison"] == "undecided":
        return f"not told apart (±{50 * (ratio['high'] - ratio['low']) / ratio['median']:.2g} %)"
    return "too few rounds" if ratio["comparison"] == "none" else ratio["comparison"]


def place(result):
    found = result["place"]
    return "?" if found is None else f"{found['number']}{'=' if found['shared'] else ''}"


def accuracy(result):
    error = result["error"]
    return result["verdict"] + (f" ({error['times_f32']:.1f}x)" if error and error["times_f32"] is not None else "")


def row(result):
    if not counts(result):
        return ["", result["contestant"], f"{result['outcome']}: {result['reason']}"[:90], "-", accuracy(result), "-", "-", "-"]
    return [place(result), result["contestant"], milliseconds(result["time_ms"]["median"]), interval(result["ratio"], result["contestant"]), accuracy(result),
            f"{result['start_s']['cold']:.1f} s", size(result["peak_bytes"]), size(result["footprint_bytes"])]


def table(document, workload):
    chosen = results(document, workload)
    baseline = next((result["ratio"]["to"] for result in chosen if result["ratio"]), "")
    head = ["#", "contestant", "median", f"ratio to {baseline}", "accuracy", "start", "memory", "installed"]
    lines = [head, ["---:", "---", "---:", "---", "---", "---:", "---:", "---:"], *map(row, chosen)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + foot(chosen)


def foot(chosen):
    """That there are several rankings, and whom each compares with; nothing for one."""
    baselines = {result["verdict"]: result["ratio"]["to"] for result in chosen if counts(result) and result["ratio"]}
    if len(baselines) < 2:
        return ""
    return "\n\nRanked apart: " + "; ".join(f"{verdict}, ratio to {baseline}" for verdict, baseline in baselines.items()) + "."


def versions(document):
    seen = {result["framework"]: result["version"] for result in document["results"] if result["version"]}
    return ", ".join(f"{name} {version}" for name, version in sorted(seen.items()))


def section(name, document):
    host = document["host"]
    first = document["results"][0]
    parts = [f"**{first['model']}** ({first['size']}, {first['precision']}) on {host['cpu']}, {document['threads']} threads, {host['os']}; {versions(document)}. "
             f"`{command(document)}`, {document['started'][:10]}; every timed step in [docs/results/{name}.json](docs/results/{name}.json).",
             answers(document),
             f"![Median time of a step with 95 % intervals](docs/results/{name}.svg)"]
    for workload, title in WORKLOADS.items():
        if results(document, workload):
            parts.append(f"*{title}*\n\n{table(document, workload)}")
    return "\n\n".join(parts)


def answers(document):
    """Which one to take, for each workload."""
    shown = {result["workload"] for result in document["results"]}
    return "\n".join(f"- {' '.join(cell['answer'])}" for cell in document["cells"] if cell["workload"] in shown)


def picture(document):
    """An SVG with a panel a workload: bars of the median, whiskers of the interval."""
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    plt.rcParams.update({"svg.hashsalt": "assay", "svg.fonttype": "path", "font.size": 10})
    panels = [(workload, [result for result in results(document, workload) if counts(result)]) for workload in WORKLOADS]
    panels = [(workload, chosen) for workload, chosen in panels if chosen]
    figure, axes = plt.subplots(len(panels), 1, figsize=(8, 0.7 + sum(0.65 + 0.38 * len(chosen) for _, chosen in panels)),
                                gridspec_kw={"height_ratios": [len(chosen) + 0.8 for _, chosen in panels]}, squeeze=False)
    for (workload, chosen), axis in zip(panels, axes[:, 0]):
        draw_panel(axis, WORKLOADS[workload], chosen, colours(document))
    axes[-1, 0].set_xlabel("ms a step, less is better")
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def colours(document):
    """{framework: colour}; they begin again when there are more frameworks than colours."""
    return dict(zip(sorted({result["framework"] for result in document["results"]}), itertools.cycle(COLOURS)))


def draw_panel(axis, title, chosen, colours):
    names = [f"{result['framework']}/{result['variant']}" for result in chosen]
    times = [result["time_ms"] for result in chosen]
    medians = [time["median"] for time in times]
    errors = [[max(0, time["median"] - time["low"]) if time["low"] is not None else 0 for time in times],
              [max(0, time["high"] - time["median"]) if time["high"] is not None else 0 for time in times]]
    axis.barh(names, medians, xerr=errors, color=[colours[result["framework"]] for result in chosen], height=0.62,
              error_kw={"ecolor": "#222222", "capsize": 3, "elinewidth": 1})
    for place, time in enumerate(times):
        end = time["high"] if time["high"] is not None else time["median"]
        axis.text(end, place, f"  {milliseconds(time['median'])}", va="center")
    axis.invert_yaxis()
    axis.set_xlim(0, 1.18 * max(time["high"] or time["median"] for time in times))
    axis.set_title(title, loc="left", fontweight="bold", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)


def cell(document, result):
    return document["host"]["cpu"], document["threads"], result["model"], result["size"], result["workload"]


def has_interval(document, key):
    """Whether any contestant's time is known to an interval: not in a run whose budget ended after a block or two."""
    times = [result["time_ms"] for result in document["results"] if cell(document, result) == key]
    return any(time and time["low"] is not None for time in times)


def newest_of_each_cell(documents):
    """Of a workload that several runs have on one machine the newest with intervals is shown; the other samples stay in their files."""
    newest = {}
    for document in documents.values():
        for result in document["results"]:
            key = cell(document, result)
            newest[key] = max(newest.get(key, (False, "")), (has_interval(document, key), document["started"]))
    shown = {name: document | {"results": [result for result in document["results"] if newest[cell(document, result)][1] == document["started"]]}
             for name, document in documents.items()}
    return {name: document for name, document in shown.items() if document["results"]}


def wanted():
    """{path: content} of everything that is generated."""
    recorded = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}
    documents = newest_of_each_cell(recorded)
    files = {HERE / f"{name}.svg": picture(document) for name, document in documents.items()}
    readme = (ROOT / "README.md").read_text()
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    body = "\n\n".join(section(name, document) for name, document in documents.items())
    files[ROOT / "README.md"] = f"{before}{BEGIN}\n{body}\n{END}{after}"
    method = ROOT / "docs/method.md"
    files[method] = scatter.into(method.read_text(), recorded.values())
    everything = [*recorded.values(), *cells.recorded()]
    files[cells.PAGE] = cells.page(everything)
    files[claims.PAGE] = claims.into(claims.PAGE.read_text())
    files[own_models.PAGE] = own_models.into(own_models.PAGE.read_text(), own_models.recorded())
    shown = sweeps.recorded()
    files |= {sweeps.FOLDER / f"{name}.svg": sweeps.picture(document, colours(document)) for name, document in shown.items()}
    files[sweeps.PAGE] = sweeps.into(sweeps.PAGE.read_text(), shown)
    files[frameworks.PAGE] = frameworks.into(frameworks.PAGE.read_text(), everything)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = 0
    for path, content in wanted().items():
        old = path.read_text() if path.exists() else ""
        if old == content:
            continue
        stale += 1
        if check:
            print("".join(list(difflib.unified_diff(old.splitlines(True), content.splitlines(True), f"{path} (committed)", "generated"))[:40]))
        else:
            path.write_text(content)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
