"""What sessions of pairs say, as figures."""

import dataclasses
import math
import statistics

import sessions

SMALLEST_STEP = "smallest_step_ns"
TARGET = 0.03  # half-width of a pair's ratio up to which a difference of five percent must be found


def of_session(session):
    """A session as it is kept: how it came about, every pair, and the shortest step that was timed."""
    document = session.document
    host = {key: document["host"].get(key) for key in ("cpu", "cores", "os", "kernel")}
    steps = [result["time_ms"]["median"] * 1e6 for result in document["results"] if result["time_ms"]]
    return {"run": session.run, "started": document.get("started"), "command": session.command, "host": host,
            "plan": dataclasses.asdict(session.plan), SMALLEST_STEP: min(steps, default=None),
            "rounds": max((result["time_ms"]["rounds"] for result in document["results"] if result["time_ms"]), default=0),
            "visits": visits(document),
            "pairs": [{key: value for key, value in dataclasses.asdict(pair).items() if key not in ("size", "hog", "session")}
                      for pair in session.pairs]}


def visits(document):
    """What each visit gave the comparisons, in order of blocks and rounds: enough to compare again with another statistic."""
    return {result["variant"]: [[visit["block"], visit["round"], round(lower_quartile(visit["samples_ns"]) / 1e6, 4), int(visit["disturbed"])]
                                for visit in result["visits"]] for result in document["results"]}


def lower_quartile(numbers):
    """As src/stats/compare.h takes it."""
    return statistics.quantiles(numbers, n=4, method="inclusive")[0] if len(numbers) > 1 else numbers[0]


def scatter(session):
    """Standard deviation, within a block, of the logarithms of ratios to the baseline; visits that were disturbed are left out. None without
    any."""
    calm = {name: {(block, number): time for block, number, time, disturbed in series if not disturbed}
            for name, series in session["visits"].items()}
    baseline = calm.pop(sessions.BASELINE, {})
    blocks = {}
    for name, series in calm.items():
        for (block, number), time in series.items():
            if (block, number) in baseline:
                blocks.setdefault((name, block), []).append(math.log(time / baseline[block, number]))
    freedom = sum(len(block) - 1 for block in blocks.values())
    squares = sum(statistics.variance(block) * (len(block) - 1) for block in blocks.values() if len(block) > 1)
    return math.sqrt(squares / freedom) if freedom else None


def shares(found):
    """The figures of some sessions. A run measures until the ratio of each contestant to its baseline is known to the target; who has reached it rests.
    So slowdowns against the baseline are what it answers for, and those between two others, who share fewer rounds, stand apart."""
    pairs = [pair for session in found for pair in session["pairs"]]
    same = [pair for pair in pairs if not pair["injected"]]
    injected = [pair for pair in pairs if pair["injected"]]
    within = [pair for pair in injected if within_target(pair)]
    asked = with_baseline(injected)
    return {"sessions": len(found), "aa_comparisons": len(same), "aa_tie_share": share(same, lambda pair: pair["verdict"] == "tie"),
            "slowdowns": len(asked), "slowdown_found_share": share(asked, is_found), "half_width_median": half_width(with_baseline(pairs)),
            "any_pair": {"slowdowns": len(injected), "slowdown_found_share": share(injected, is_found), "half_width_median": half_width(pairs),
                         "within_target_slowdowns": len(within), "within_target_slowdown_found_share": share(within, is_found)}}


def with_baseline(pairs):
    return [pair for pair in pairs if pair["first"] == sessions.BASELINE]


def is_found(pair):
    return pair["verdict"] == "slower"


def half_width(pairs):
    widths = [pair["half_width"] for pair in pairs if pair["half_width"] is not None]
    return statistics.median(widths) if widths else None


def within_target(pair):
    return pair["half_width"] is not None and pair["half_width"] <= TARGET


def share(pairs, condition):
    return sum(map(condition, pairs)) / len(pairs) if pairs else None


def of(kept):
    """The document: all quiet sessions together, and each kind apart."""
    found = kept["sessions"]
    quiet = [session for session in found if not session["plan"]["hog"]]
    steps = [session[SMALLEST_STEP] for session in found if session[SMALLEST_STEP]]
    by_sdk = kept.get("loop_overhead_ns")
    overhead = max(by_sdk.values()) if by_sdk else None
    gate = kept.get("gate", {})
    document = shares(quiet)
    document["loop_overhead_ns"] = overhead
    document["loop_overhead_by_sdk"] = by_sdk
    document["loop_overhead_beside_hog_by_sdk"] = kept.get("loop_overhead_beside_hog_ns")
    document["loop_overhead_share"] = overhead / min(steps) if overhead and steps else None
    for key in ("liars_rejected", "liars", "mutants_rejected", "mutants", "honest_rejected", "honest"):
        document[key] = gate.get(key)
    document["scatter"] = [value for value in map(scatter, quiet) if value is not None]
    document["by_kind"] = [{**kind, **shares(part)} for kind, part in kinds(found)]
    return document


def kinds(found):
    """Sessions alike in all but their seed: (what they have in common, the sessions), tiny before full, quiet before beside a hog."""
    parts = {}
    for session in found:
        plan = session["plan"]
        kind = {"size": plan["size"], "hog": plan["hog"], "contestants": plan["honest"] + plan["slower"], "budget": plan["budget"],
                "target": plan["target"]}
        parts.setdefault(tuple(kind.values()), (kind, []))[1].append(session)
    return [parts[key] for key in sorted(parts, key=lambda key: (key[0] == "full", key))]


def percent(value):
    return "–" if value is None else f"{100 * value:.2g} %" if value < 0.001 else f"{100 * value:.1f} %"


def table(document):
    """The pairs as a Markdown table."""
    lines = ["| size | beside a CPU hog | contestants, budget | sessions | A/A | tie | 5 % slower than the baseline | found | half-width | "
             "5 % slower, any pair | found | half-width | of those within 3 % |", "|---|---|---|" + "---:|" * 10]
    for kind in document["by_kind"]:
        any_pair = kind["any_pair"]
        within = "–" if not any_pair["within_target_slowdowns"] else \
            f"{percent(any_pair['within_target_slowdown_found_share'])} of {any_pair['within_target_slowdowns']}"
        cells = [kind["size"], "yes" if kind["hog"] else "no", f"{kind['contestants']}, {kind['budget']}", kind["sessions"],
                 kind["aa_comparisons"], percent(kind["aa_tie_share"]),
                 kind["slowdowns"], percent(kind["slowdown_found_share"]), percent(kind["half_width_median"]),
                 any_pair["slowdowns"], percent(any_pair["slowdown_found_share"]), percent(any_pair["half_width_median"]), within]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


BEGIN, END = "<!-- bench/trust: begin -->", "<!-- bench/trust: end -->"


def into(page, document):
    """The page with the figures between its markers."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text(document)}\n\n{END}{rest.split(END)[1]}"


def each(by_sdk):
    return ", ".join(f"{ns:.0f} ns in {sdk}" for sdk, ns in by_sdk.items())


def text(document):
    """For a reader at a terminal, and for docs/method.md."""
    lines = [table(document)] if document["by_kind"] else []
    if document["scatter"]:
        lines.append(f"Undisturbed visits of a block scatter by {percent(min(document['scatter']))} to {percent(max(document['scatter']))}, relative "
                     "to those of the baseline in the same round.")
    if document["loop_overhead_ns"] is not None:
        of_step = f" That is at most {percent(document['loop_overhead_share'])} of the shortest step timed here." if document["loop_overhead_share"] else ""
        hog = f"; beside a CPU hog {each(document['loop_overhead_beside_hog_by_sdk'])}" if document["loop_overhead_beside_hog_by_sdk"] else ""
        lines.append(f"The timing loop adds to a step: {each(document['loop_overhead_by_sdk'])}{hog}.{of_step}")
    if document["liars"] is not None:
        lines.append(f"Liars rejected: {document['liars_rejected']} of {document['liars']}; mutants: {document['mutants_rejected']} of "
                     f"{document['mutants']}; honest runners rejected: {document['honest_rejected']} of {document['honest']}.")
    return "\n\n".join(lines)
