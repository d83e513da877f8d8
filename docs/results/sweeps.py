"""Sweeps over the size of a request (docs/results/sweeps, `assay show RUN --samples --json`): a picture and a table of each, for docs/usage.md."""

import io
import itertools
import json
from pathlib import Path

from words import command, digits

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "sweeps"
PAGE = HERE.parent / "usage.md"
BEGIN, END = "<!-- docs/results/sweeps: begin -->", "<!-- docs/results/sweeps: end -->"
MARKERS = "osD^vPX*<>h"


def recorded():
    """{name: document} of all that are committed."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def sweep_of(document):
    """The one that a document shows."""
    (sweep,) = document["sweeps"]
    return sweep


def timed(series):
    return [point for point in series["points"] if point["time_ms"]]


def title(sweep):
    return f"{sweep['model']}, {sweep['workload']} by {sweep['axis']}"


def picture(document, colours):
    """An SVG: what each contestant does a second at each size, with 95 % intervals; both axes logarithmic."""
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
    plt.rcParams.update({"svg.hashsalt": "assay", "svg.fonttype": "path", "font.size": 10})
    sweep = sweep_of(document)
    figure, axis = plt.subplots(figsize=(8, 4.6))
    for series, marker in zip(sweep["series"], itertools.cycle(MARKERS)):
        if timed(series):
            draw(axis, series, marker, colours[series["contestant"].split("/")[0]])
    sizes = sorted({point["size"] for series in sweep["series"] for point in series["points"]})
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(sizes, [str(size) for size in sizes])
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(ScalarFormatter())
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel(sweep["axis"])
    axis.set_ylabel(f"{sweep['item']} a second, more is better")
    axis.set_title(title(sweep), loc="left", fontweight="bold", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", which="both", color="#dddddd", linewidth=0.5)
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return text.getvalue()


def draw(axis, series, marker, colour):
    points = timed(series)
    rates = [point["items_per_s"] for point in points]
    # A rate is the items of a step over its time: its interval is that of the time, turned around.
    low = [rate - rate * point["time_ms"] / point["high"] if point["high"] else 0 for rate, point in zip(rates, points)]
    high = [rate * point["time_ms"] / point["low"] - rate if point["low"] else 0 for rate, point in zip(rates, points)]
    axis.errorbar([point["size"] for point in points], rates, yerr=[[max(0, one) for one in low], [max(0, one) for one in high]], marker=marker,
                  color=colour, capsize=2, markersize=5, linewidth=1.3, label=series["contestant"].removesuffix("@cpu"))


def cell(point):
    if point is None:
        return "-"
    if point["time_ms"]:
        return digits(point["items_per_s"]) + ("" if point["verdict"] == "exact" else f" ({point['verdict']})")
    return point["verdict"] if point["verdict"] == "wrong" else point["outcome"]


def table(sweep):
    sizes = sorted({point["size"] for series in sweep["series"] for point in series["points"]})
    rows = [["contestant", *(f"{sweep['axis']} {size}" for size in sizes)], ["---", *("---:" for _ in sizes)]]
    for series in sweep["series"]:
        found = {point["size"]: point for point in series["points"]}
        rows.append([series["contestant"], *(cell(found.get(size)) for size in sizes)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def section(name, document):
    sweep, host = sweep_of(document), document["host"]
    return (f"**{title(sweep)}**, {sweep['item']} a second, on {host['cpu']}, {document['threads']} threads (`{command(document)}`, "
            f"{document['started'][:10]}; every timed step in [docs/results/sweeps/{name}.json](results/sweeps/{name}.json)):\n\n"
            f"![{title(sweep)}: {sweep['item']} a second of each contestant](results/sweeps/{name}.svg)\n\n{table(sweep)}")


def into(page, documents):
    before, rest = page.split(BEGIN)
    body = "\n\n".join(section(name, document) for name, document in documents.items())
    return f"{before}{BEGIN}\n{body}\n{END}{rest.split(END)[1]}"
