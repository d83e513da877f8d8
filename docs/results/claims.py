"""The table of docs/claims.md, between its marks: what the files of claims/ say. The text around it is written by hand."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE, FOLDER = ROOT / "docs/claims.md", ROOT / "claims"
BLOCK = re.compile(r"(?P<begin><!-- generated: claims -->\n).*?(?P<end><!-- generated: end -->)", re.DOTALL)
HEAD = ["claim", "what was said", "by whom", "it needs", "it holds when"]
MACHINE = {"cpu": "a processor called {}", "gpu": "a GPU called {}", "os": "a system called {}"}


def claims(folder=FOLDER):
    """{name: claim} of every file."""
    return {path.stem: tomllib.loads(path.read_text()) for path in sorted(folder.glob("*.toml"))}


def group(one):
    """A group of contestants in words: "NAME/VARIANT on DEVICE", "frameworks in Rust"."""
    name = one.get("framework", "")
    name += f"/{one['variant']}" if "variant" in one else ""
    name = name or (f"frameworks in {one['language']}" if "language" in one else "anybody")
    return name + (f" on {one['device']}" if "device" in one else "")


def needs(claim):
    """Results of whom, in which cells, on which machine."""
    query = claim["query"]
    whom = " and of ".join(group(query[side]) for side in ("subject", "against") if side in query)
    text = f"results of {whom}"
    if query.get("models"):
        text += f" on {' or '.join(query['models'])}"
    if query.get("workloads"):
        text += f" in {' or '.join(query['workloads'])}"
    where = [MACHINE[part].format(name) for part, name in claim.get("machine", {}).items()]
    return text + (f"; {', '.join(where)}" if where else "")


def times(factor):
    return "at least as long as" if factor == 1 else f"at least {factor:g} times as long as"


def rule(query):
    """How the query decides, as src/claims/judge.cc does."""
    subject, against = group(query["subject"]), group(query.get("against", {}))
    factor = query.get("factor", 1)
    return {"ratio": f"the best of {against} takes {times(factor)} the best of {subject}",
            "footprint": f"each of {subject} has {query.get('least_mb', 0):g} to {query.get('most_mb', 0):g} MB installed",
            "linkage": f"each of {subject} is linked as *{query.get('is', '')}*",
            "error": f"the median error of {subject} is more than {factor:g} times that of {against}",
            "failure": f"none of {subject} gets through"}[query["kind"]]


def row(name, claim):
    source = f"[{claim['source']}]({claim['url']})" if claim.get("url") else claim["source"]
    cells = [f"[{name}](../claims/{name}.toml)", claim["claim"], source, needs(claim), rule(claim["query"])]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(all_claims):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join([*lines, *(row(name, claim) for name, claim in all_claims.items())]) + "\n"


def into(page):
    """The page with the table as the files are now."""
    assert BLOCK.search(page), f"{PAGE}: the marks of the table are missing"
    return BLOCK.sub(lambda found: found["begin"] + table(claims()) + found["end"], page)
