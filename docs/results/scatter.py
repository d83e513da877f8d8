"""How far the pairs of a block lie apart in the recorded series, by what a visit contributes to a comparison: a sentence for docs/method.md."""

import math
import statistics

BEGIN, END = "<!-- docs/results: begin -->", "<!-- docs/results: end -->"


def lower_quartile(numbers):
    """As src/stats/compare.h takes it."""
    return statistics.quantiles(numbers, n=4, method="inclusive")[0] if len(numbers) > 1 else numbers[0]


FIGURES = {"the shortest step of a visit": min, "the lower quartile": lower_quartile, "the median": statistics.median}


def calm_visits(result):
    return {(visit["block"], visit["round"]): visit["samples_ns"] for visit in result["visits"] if not visit["disturbed"]}


def blocks_of_pairs(documents):
    """Lists of (samples of a contestant, samples of its baseline), a list for each block of a contestant."""
    for document in documents:
        timed = {(result["workload"], result["contestant"]): result for result in document["results"] if result["time_ms"]}
        for (workload, contestant), result in timed.items():
            baseline = timed.get((workload, result["ratio"]["to"])) if result["ratio"] else None
            if baseline is None or baseline is result:
                continue
            ours, theirs = calm_visits(result), calm_visits(baseline)
            for block in {block for block, _ in ours}:
                yield [(ours[moment], theirs[moment]) for moment in ours if moment[0] == block and moment in theirs]


def deviation(blocks):
    """Standard deviation within blocks of numbers, pooled."""
    freedom = sum(len(block) - 1 for block in blocks)
    return math.sqrt(sum(statistics.variance(block) * (len(block) - 1) for block in blocks) / freedom)


def sentence(documents):
    blocks = [block for block in blocks_of_pairs(documents) if len(block) > 1]
    if not blocks:
        return "No series is recorded in `docs/results`."
    scatter = [f"{100 * deviation([[math.log(figure(ours) / figure(theirs)) for ours, theirs in block] for block in blocks]):.1f} % with {name}"
               for name, figure in FIGURES.items()]
    return (f"In the recorded series of `docs/results` ({sum(map(len, blocks))} pairs that nothing disturbed) the pairs of a block scatter by "
            f"{scatter[0]}, {scatter[1]}, {scatter[2]}.")


def into(page, documents):
    """The page with the sentence between its marks, indented as they are."""
    before, rest = page.split(BEGIN)
    indent = before[before.rfind("\n") + 1:]
    return f"{before}{BEGIN}\n{indent}{sentence(documents)}\n{indent}{END}{rest.split(END)[1]}"
