"""The tables of docs/frameworks.md, each between its marks: what manifests, lock files, operator-support.md and findings.md say of a framework. The text
around them is written by hand."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE, SUPPORT, FIGURES, FINDINGS = (ROOT / "docs" / name for name in ("frameworks.md", "operator-support.md", "operator-support.json", "findings.md"))
BLOCK = re.compile(r"(?P<begin><!-- generated: (?P<name>.+?) -->\n).*?(?P<end><!-- generated: end -->)", re.DOTALL)
TRAINING = {"autodiff": "its own gradients", "gradient-graph": "Assay's gradient graph", "none": "none"}
SHORT = {"Outputs": "outputs", "Gradients": "gradients"}  # the sections of operator-support.md
MOST_NAMES = 30  # in a cell


@cache
def manifests():
    """{folder: manifest} of the frameworks that have something to set up: all but the test double."""
    found = {path.parent: tomllib.loads(path.read_text()) for path in sorted(ROOT.glob("frameworks/*/framework.toml"))}
    return {folder: manifest for folder, manifest in found.items() if manifest.get("build")}


def title(manifest):
    return manifest.get("title", manifest["name"])


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def link(path, text):
    return f"[{text}](../{path.relative_to(ROOT)})"


def slug(heading):
    """The anchor that a heading has on the code host."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# What is pinned.

def pinned(folder, build):
    """(package, version) that the lock files of a build say, those of the framework first."""
    for name in [*build.get("inputs", []), *build.get("sources", [])]:
        path = ROOT / "sdk" / name.removeprefix("sdk:") if name.startswith("sdk:") else folder / name
        if path.name == "Cargo.lock":
            yield from crates(folder)
        elif path.suffix == ".lock":
            yield from locked(path.read_text())


def crates(folder):
    """Direct dependencies named after the framework."""
    wanted = tomllib.loads((folder / "Cargo.toml").read_text())["dependencies"]
    for package in tomllib.loads((folder / "Cargo.lock").read_text())["package"]:
        if package["name"] in wanted and package["name"].startswith(folder.name):
            yield package["name"], package["version"]


def locked(text):
    """What sdk/python/lock.py was asked for, or lines of name, version and hash."""
    if asked := re.search(r"Written by \S+ for: (.*)", text):
        return re.findall(r"([\w.-]+)(?:\[[^\]]*\])?==(\S+)", asked[1])
    return [tuple(line.split()[:2]) for line in text.splitlines() if line and not line.startswith("#")]


def pins(folder, build):
    by_version = {}
    for name, version in pinned(folder, build):
        by_version.setdefault(version, []).append(name)
    return "; ".join(f"{', '.join(names)} {version}" for version, names in by_version.items())


def version(folder, manifest, documents):
    """What the first build pins first; and what the newest recorded run says, where that is another number: a package may carry the framework's sources."""
    package, number = next(pinned(folder, manifest["build"][0]))
    told = said(manifest["name"], documents)
    name = "" if package.startswith(folder.name) else f"{package} "
    return f"{name}{number}" + (f" (recorded runs: {told})" if told and number not in told else "")


def said(name, documents):
    """The version that the newest recorded run has of a framework; None without one."""
    runs = sorted(documents, key=lambda document: document["started"])
    told = [result["version"] for document in runs for result in document["results"] if result["framework"] == name and result["version"]]
    return told[-1] if told else None


# What the conformance suite found.

@cache
def support():
    """{section: {contestant: {operator: cell}}} of operator-support.md."""
    sections = {}
    for part in SUPPORT.read_text().split("\n## ")[1:]:
        heading, *lines = part.splitlines()
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
        sections[heading] = {name: {row[0]: row[place] for row in rows if row[place]} for place, name in enumerate(head) if place}
    return sections


def parts(cell):
    """(state, paths of smallest graphs) of what a cell joins by semicolons."""
    for part in cell.split("; "):
        yield re.match(r"[\w ]+?(?= [(\[]|$)", part)[0], re.findall(r"\]\(\.\./([^)]*)\)", part)


def degree(cell):
    """Whether all cases are exact, some or none."""
    states = [state for state, _ in parts(cell)]
    return "all" if states == ["exact"] else "some" if "exact" in states else "none"


def counts(cells):
    degrees = [degree(cell) for cell in cells.values()]
    some, none = degrees.count("some"), degrees.count("none")
    text = f"{degrees.count('all')} of {len(degrees)}"
    return text + (f", {some} in part" if some else "") + (f", {none} not at all" if none else "")


def columns(name):
    """(section, variant, cells) of each column of a framework."""
    return [(section, contestant.split("/")[1], cells) for section, of in support().items()
            for contestant, cells in of.items() if contestant.split("/")[0] == name]


def worst(section, name, variant):
    """The largest error of an exact case, on the machine of operator-support.json."""
    errors = json.loads(FIGURES.read_text())["sections"].get(section, {}).get(f"{name}/{variant}")
    if not errors:
        return "-"
    operator = max(errors, key=errors.get)
    return f"{errors[operator]:.1f}x ({operator})"


def conformance(name):
    found = columns(name)
    if not found:
        return "It has no column in [operator-support.md](operator-support.md)."
    rows = [[variant, SHORT[section], counts(cells), worst(section, name, variant)] for section, variant, cells in found]
    return table(["variant", "of", "operators that are exact", "largest error of those"], rows)


def named(operators):
    return ", ".join(operators) if len(operators) <= MOST_NAMES else f"{len(operators)} operators"


def shown_by(path, cells):
    """The operators whose cell links to a smallest graph; what is not just unsupported says so."""
    linked = [(operator, state) for operator, cell in cells.items() for state, graphs in parts(cell) if path in graphs]
    return named([operator if state == "unsupported" else f"{operator} ({state})" for operator, state in linked])


def smallest_graphs(folder):
    graphs = sorted((folder / "unsupported").rglob("*.json"), key=lambda path: path.stem)
    if not graphs:
        return "There is no smallest graph of anything that it cannot do."
    found = [(f"{SHORT[section]}, {variant}", cells) for section, variant, cells in columns(folder.name)
             if any(degree(cell) != "all" for cell in cells.values())]
    rows = []
    for path in graphs:
        operator = json.loads(path.read_text())["nodes"][0]["op"]
        rows.append([link(path, path.stem.replace("_", " ")), operator, *(shown_by(str(path.relative_to(ROOT)), cells) for _, cells in found)])
    return table(["smallest graph", "operator", *(heading for heading, _ in found)], rows)


def findings(manifest):
    """Links to the framework's sections of findings.md, with how many there are in each."""
    links = []
    for part in FINDINGS.read_text().split("\n## ")[1:]:
        heading = part.splitlines()[0]
        if heading.rsplit(" ", 1)[0] == title(manifest):
            rows = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| what ")]
            count = part.count("\n### ") or len(rows)
            links.append(f"[{count} of {heading}](findings.md#{slug(heading)})")
    return f"Faults found in it: {', '.join(links)}." if links else ""


# The blocks.

def facts(folder, manifest, documents):
    hidden = " It runs only when it is named." if manifest.get("hidden") else ""
    home = f", <{manifest['homepage']}>" if "homepage" in manifest else ""
    line = f"Version: {version(folder, manifest, documents)}; {manifest['language']}; {manifest['licence']}{home}.{hidden}"
    return f"{line}\n\n{variants(manifest)}\n\n{builds(folder, manifest)}"


def workloads(variant):
    """Those that it takes part in: whole requests where it says so."""
    generates = variant.get("generates", False)
    if "workloads" not in variant:
        return "all" if generates else "all but generate"
    return ", ".join([*variant["workloads"], *(["generate"] if generates else [])])


def variants(manifest):
    rows = []
    for variant in manifest["variant"]:
        limits = [*variant.get("needs", []), *(["only when named"] if variant.get("hidden") else [])]
        rows.append([f"`{variant['name']}`", variant.get("title", ""), ", ".join(variant.get("devices", ["cpu"])),
                     workloads(variant), TRAINING[variant.get("training", "none")], ", ".join(limits)])
    return table(["variant", "is", "devices", "workloads", "gradients", "needs"], rows)


def builds(folder, manifest):
    rows = [[f"`{build['name']}`", pins(folder, build), f"{build['download_mb']} MB", f"{build['disk_mb']} MB", f"{build['minutes']}"]
            for build in manifest["build"]]
    return table(["build", "pinned", "fetched", "on disk", "minutes"], rows)


def exact(name, section):
    found = [counts(cells) for of, _, cells in columns(name) if of == section]
    return found[0] if found else "-"


def overview(documents):
    rows = [[f"[{title(manifest)}](#{slug(title(manifest))})", version(folder, manifest, documents), manifest["language"], manifest["licence"],
             ", ".join(f"`{variant['name']}`" for variant in manifest["variant"]),
             exact(folder.name, "Outputs"), exact(folder.name, "Gradients")] for folder, manifest in manifests().items()]
    return table(["framework", "version", "language", "licence", "variants", "outputs exact", "gradients exact"], rows)


def blocks(documents):
    """{name of a block: text}"""
    result = {"overview": overview(documents)}
    for folder, manifest in manifests().items():
        result[f"{folder.name} facts"] = facts(folder, manifest, documents)
        result[f"{folder.name} support"] = "\n\n".join(filter(None, [conformance(folder.name), smallest_graphs(folder), findings(manifest)]))
    return result


def into(page, documents):
    """The page with its blocks filled."""
    texts = blocks(documents)
    return BLOCK.sub(lambda found: f"{found['begin']}{texts[found['name']]}\n{found['end']}", page)
