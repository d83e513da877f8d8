"""docs/results/cells.md: a row for each model and workload that was measured at full size, a column for each framework. From the runs in
cells/ and those that README.md shows, of which the newer counts."""

import json
from pathlib import Path

from words import command, counts, digits, milliseconds

HERE = Path(__file__).resolve().parent
PAGE = HERE / "cells.md"
WORKLOADS = ("inference", "latency", "training")
HEAD = """# Every model and workload

One step's median at full size, in float32, and in brackets how many times the fastest of the row it takes. A time without a word is `exact`; of what is not,
the word says what it is, and the reason stands below. Rows with few rounds show which order of magnitude a framework plays in, not who wins by a tenth: for that, the
intervals in README.md and a run of your own.
"""


def recorded():
    """The runs, the oldest first."""
    paths = [*HERE.glob("*.json"), *(HERE / "cells").glob("*.json")]
    return sorted((json.loads(path.read_text()) for path in paths), key=lambda document: document["started"])


def newest(documents):
    """{(model, workload): {contestant: result}}; the newest of each, on one machine."""
    rows = {}
    for document in documents:
        for result in document["results"]:
            rows.setdefault((result["model"], result["workload"]), {})[result["contestant"]] = result
    return rows


def word(result):
    """What a result is, apart from its time: "" for an exact one."""
    if result["outcome"] != "ok":
        return result["outcome"]
    return "" if result["verdict"] == "exact" else result["verdict"]


def cell(result, fastest):
    if result is None:
        return ""
    time = milliseconds(result["time_ms"]["median"]) if result["time_ms"] else ""
    if counts(result):
        time += f" ({digits(result['time_ms']['median'] / fastest)})"
    return " ".join(part for part in (word(result), time) if part) or result["verdict"]


def columns(rows):
    """Contestants, those in most rows first."""
    count = {}
    for row in rows.values():
        for contestant in row:
            count[contestant] = count.get(contestant, 0) + 1
    return sorted(count, key=lambda contestant: (-count[contestant], contestant))


def table(rows):
    names = columns(rows)
    lines = [["model", "workload", *(name.removesuffix("@cpu") for name in names)], ["---", "---", *["---:"] * len(names)]]
    for (model, workload), row in sorted(rows.items(), key=lambda item: (item[0][0], WORKLOADS.index(item[0][1]))):
        fastest = min((result["time_ms"]["median"] for result in row.values() if counts(result)), default=None)
        lines.append([model, workload, *(cell(row.get(name), fastest) for name in names)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def reasons(rows):
    """A line for each that is in no ranking."""
    return [f"- {model} {workload}, {name}: {word(result) or 'no time'}: {result['reason'] or 'no reason was given'}"
            for (model, workload), row in sorted(rows.items()) for name, result in sorted(row.items()) if not counts(result)]


def machines(documents):
    told = {f"- {document['host']['cpu']}, {document['threads']} threads, {document['host']['os']}: `{command(document)}`, "
            f"{document['started'][:10]}, {document['run']}" for document in documents}
    return sorted(told)


def page(documents):
    rows = newest(documents)
    parts = [HEAD, table(rows), *(["## What is in no ranking", "\n".join(reasons(rows))] if reasons(rows) else []),
             "## Runs", "\n".join(machines(documents)),
             "\nEvery timed step is in the files of [cells](cells) and in those beside this page."]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
