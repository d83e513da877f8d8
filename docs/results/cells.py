"""docs/results/cells.md: a row for each model and workload that was measured at full size in float32, a column for each contestant; a table for each
machine and number of threads. Of what several runs have the newest is shown."""

import json
from pathlib import Path

from words import WORKLOADS, command, counts, digits, milliseconds

HERE = Path(__file__).resolve().parent
PAGE = HERE / "cells.md"
HEAD = """# Every model and workload

One step's median at full size, in float32, and in brackets how many times the fastest of its class in the same run it takes; without brackets nobody ran beside
it. A time without a word is `exact`; else the word says what it is, and why somebody is in no ranking stands below. Rows with few rounds show which order of magnitude a
framework plays in, not who wins by a tenth: for that, the intervals in README.md and a run of your own.
"""


def recorded():
    """The runs that are shown here only."""
    return [json.loads(path.read_text()) for path in (HERE / "cells").glob("*.json")]


def rows_of(documents):
    """{(model, workload): {contestant: (result, times of the fastest of its class in its run)}} of one machine."""
    rows = {}
    for document in sorted(documents, key=lambda document: document["started"]):
        for result in document["results"]:
            if (result["size"], result["precision"]) == ("full", "f32"):
                rows.setdefault((result["model"], result["workload"]), {})[result["contestant"]] = result, times_fastest(result, document)
    return dict(sorted(rows.items(), key=lambda item: (item[0][0], list(WORKLOADS).index(item[0][1]))))


def times_fastest(result, document):
    """None where it is in no ranking, or nobody ran beside it."""
    beside = [other["time_ms"]["median"] for other in document["results"] if counts(other)
              and all(other[key] == result[key] for key in ("model", "workload", "size", "precision", "verdict"))]
    return result["time_ms"]["median"] / min(beside) if counts(result) and len(beside) > 1 else None


def word(result):
    """What a result is, apart from its time: "" for an exact one."""
    if result["outcome"] != "ok":
        return result["outcome"]
    return "" if result["verdict"] == "exact" else result["verdict"]


def cell(result, times):
    time = milliseconds(result["time_ms"]["median"]) if result["time_ms"] else ""
    bracket = f"({digits(times)})" if times else ""
    return " ".join(part for part in (word(result), time, bracket) if part) or result["verdict"]


def columns(rows):
    """Contestants, those in most rows first."""
    all_names = [name for row in rows.values() for name in row]
    return sorted(set(all_names), key=lambda name: (-all_names.count(name), name))


def table(rows):
    names = columns(rows)
    lines = [["model", "workload", *(name.removesuffix("@cpu") for name in names)], ["---", "---", *["---:"] * len(names)]]
    lines += [[*key, *(cell(*row[name]) if name in row else "" for name in names)] for key, row in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def reasons(rows):
    """A line for each that is in no ranking."""
    lines = [f"- {model} {workload}, {name}: {word(result) or 'no time'}: {result['reason'] or 'no reason was given'}"
             for (model, workload), row in rows.items() for name, (result, _) in sorted(row.items()) if not counts(result)]
    return ["In no ranking:\n\n" + "\n".join(lines)] if lines else []


def versions(document):
    """Of each framework that took part, "NAME VERSION"."""
    return sorted({f"{result['contestant'].split('/')[0]} {result['version']}" for result in document["results"] if result.get("version")})


def runs(documents):
    return "Runs:\n\n" + "\n".join(sorted(f"- `{command(document)}`, {document['started'][:10]}, {document['run']}, of {', '.join(versions(document))}"
                                          + ("" if document["complete"] else "; interrupted") for document in documents))


def machine_of(document):
    """(heading, instructions): the names that virtual machines give their processors are those of several designs. Which one it is, is
    unknown of runs before Assay asked; what it can do is not."""
    host = document["host"]
    design = f" ({host['cpu_design']})" if host.get("cpu_design") else ""
    gpus = "".join(f", {gpu}" for gpu in host.get("gpus", []))
    return f"{host['cpu']}{design}{gpus}, {document['threads']} threads, {host['os']}", " ".join(host["cpu_features"])


def page(documents):
    machines = {}
    for document in documents:
        machines.setdefault(machine_of(document), []).append(document)
    parts = [HEAD]
    for (machine, instructions), those in sorted(machines.items()):
        if rows := rows_of(those):
            parts += [f"## {machine}", f"Instructions: {instructions}.", table(rows), *reasons(rows), runs(those)]
    return "\n\n".join(part.strip("\n") for part in [*parts, "Every timed step is in the files of [cells](cells) and in those beside this page."]) + "\n"
