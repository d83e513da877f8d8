"""docs/operator-support.md: what each contestant makes of each operator, and beside it the figures of one machine.

A cell is a state that is the same on every machine: errors are `exact` whatever their size, and the count of cases of each reason.
"""

import json
import platform
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE, FIGURES = ROOT / "docs/operator-support.md", ROOT / "docs/operator-support.json"
HEAD = """# What each framework does of each operator

Written by `tests/conformance`, which gives every contestant the cases of every operator of [operators.md](operators.md) and judges the
answers as [the gate](method.md) does; pytest with `--write` writes it anew. A cell says how many of an
operator's cases are exact, and of the others what comes of them, with the smallest graph that shows it. Errors differ between
processors; those of one machine are in [operator-support.json](operator-support.json), as multiples of what rounding to float32 does.
"""


def smallest(shown, reason, operator):
    """The smallest graph of a reason, of that operator if there is one."""
    paths = shown[reason]
    return paths.get(operator) or next(iter(paths.values()))


def cell(findings, shown):
    """`findings`: of one contestant and one operator; `shown`: the smallest graphs' paths by reason."""
    if not findings:
        return ""
    exact = [finding for finding in findings if finding.exact]
    rest = {}
    for finding in findings:
        if not finding.exact:
            rest.setdefault(finding.state, set()).update(finding.reasons)
    words = [f"exact ({len(exact)})" if len(exact) == len(findings) else f"exact ({len(exact)} of {len(findings)})"] if exact else []
    for state, reasons in sorted(rest.items()):
        paths = sorted({smallest(shown, reason, findings[0].operator) for reason in reasons if reason in shown})
        links = [f"[{number}](../{path.relative_to(ROOT)})" for number, path in enumerate(paths, 1)]
        words.append(" ".join([state, *links]))
    return "; ".join(words)


def rows(operators, columns):
    """`columns`: (title, findings, smallest graphs by reason)."""
    yield "| operator | " + " | ".join(title for title, _, _ in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for operator in operators:
        cells = [cell([finding for finding in findings if finding.operator == operator], shown) for _, findings, shown in columns]
        if any(cells):
            yield f"| {operator} | " + " | ".join(cells) + " |"


def page(operators, sections):
    parts = [HEAD]
    for title, columns in sections.items():
        parts.append(f"\n## {title}\n\n" + "\n".join(rows(operators, columns)) + "\n")
    return "".join(parts)


def figures(sections):
    document = {"machine": processor(), "sections": {}}
    for title, columns in sections.items():
        document["sections"][title] = {name: worst(findings) for name, findings, _ in columns}
    return json.dumps(document, indent=1) + "\n"


def worst(findings):
    """The largest error of an operator's exact cases."""
    result = {}
    for finding in findings:
        if finding.exact:
            result[finding.operator] = max(result.get(finding.operator, 0), round(finding.times, 2))
    return dict(sorted(result.items()))


def processor():
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()
