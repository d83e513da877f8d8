"""What fresh inputs and questions add to a run: the time in which no step is timed because of them."""

import statistics

import contestants


def costs(document):
    """One record a cell of a run with samples, over all contestants that are right: medians of a visit in ms, and what inputs and
    questions together add to the timed steps, as a share of these."""
    visits = {}
    for result in document["results"]:
        if contestants.is_right(result):
            visits.setdefault(contestants.cell_of(result), []).extend(visit for visit in result.get("visits", []) if visit["sets"])
    return [cost_of(cell, made) for cell, made in visits.items() if made]


def cost_of(cell, visits):
    asked = [visit["asked_ns"] for visit in visits if visit["asked_ns"] is not None]
    inputs = [visit["inputs_ns"] for visit in visits]
    steps = [visit["batch_ns"] for visit in visits]
    return {"cell": cell, "visits": len(visits), "steps_ms": statistics.median(steps) / 1e6, "inputs_ms": statistics.median(inputs) / 1e6,
            "questions": len(asked), "question_ms": statistics.median(asked) / 1e6 if asked else None,
            "added": (sum(inputs) + sum(asked)) / sum(steps)}


def rows(title, records):
    return [f"| {title} | {record['cell']} | {record['steps_ms']:.3g} ms | {record['inputs_ms']:.3g} ms | "
            f"{'-' if record['question_ms'] is None else format(record['question_ms'], '.3g') + ' ms'} | "
            f"{record['questions']} of {record['visits']} | {100 * record['added']:.1f} % |" for record in records]


HEADER = ["| machine | cell | timed steps of a visit | handing over its inputs | a question | visits that end with one | added in all |",
          "|---|---|--:|--:|--:|--:|--:|"]
