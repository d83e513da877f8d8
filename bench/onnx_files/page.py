"""The section of docs/own-models.md on ONNX files, between its markers."""

import difflib
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/own-models.md"
BEGIN, END = "<!-- onnx files: begin -->", "<!-- onnx files: end -->"


def section(results):
    files = results["files"]
    return "\n\n".join([intake(files), verdicts(files), reasons(files)]) + "\n"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def intake(files):
    rows = [row("file", "what it is", "from", "size", "recognised"), row("---", "---", "---", "---:", "---")]
    for file in files:
        found = next((line.split(": ", 1)[1] for line in file["said"] if line.startswith("recognised")), "-")
        rows.append(row(file["name"], file["what"], f"{file['package']}, {file['exporter']}", megabytes(file["bytes"]), found if "refused" not in file else "not imported"))
    return "\n".join(rows)


def megabytes(count):
    return f"{count / 1e6:.2g} MB"


def columns(files):
    """Contestants without the device, in the order of their names."""
    return sorted({name for file in files for name in file["contestants"]})


def word(found):
    """What stands in a cell."""
    if found is None:
        return ""
    if found["outcome"] != "ok":
        shown = ", ".join(found["operators"][:3]) + (", …" if len(found["operators"]) > 3 else "")
        return f"{found['outcome']}: {shown}" if shown else found["outcome"]
    return found["verdict"]


def verdicts(files):
    names = columns(files)
    rows = [row("file", *(name.split("@")[0] for name in names)), row("---", *("---" for _ in names))]
    rows += [row(file["name"], *(word(file["contestants"].get(name)) for name in names)) for file in files if "refused" not in file]
    return "\n".join(rows)


def reasons(files):
    """What is neither exact nor a matter of operators, and what was not imported."""
    lines = [f"- {file['name']}: {file['refused']}" for file in files if "refused" in file]
    for file in files:
        for name, found in file["contestants"].items():
            if not found["operators"] and (found["outcome"] != "ok" or found["verdict"] == "wrong"):
                lines.append(f"- {file['name']} on {name.split('@')[0]}: {found['outcome'] if found['outcome'] != 'ok' else 'wrong'}: {' '.join(found['reason'].split())[:300]}")
    return "\n".join(lines) if lines else "Nothing else was found."


def write(results, check):
    before = PAGE.read_text(encoding="utf-8")
    head, rest = before.split(BEGIN, 1)
    after = head + BEGIN + "\n" + section(results) + END + rest.split(END, 1)[1]
    if check and after != before:
        sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "docs/own-models.md", "what would be written"))
        return 1
    PAGE.write_text(after, encoding="utf-8")
    return 0
