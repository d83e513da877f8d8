"""The scatter that docs/method.md shows is that of pairs within their blocks."""

import pytest
import scatter


def result(contestant, visits, to="a"):
    return {"workload": "w", "contestant": contestant, "time_ms": {"median": 1}, "ratio": {"to": to},
            "visits": [{"block": block, "round": number, "samples_ns": samples, "disturbed": disturbed}
                       for block, number, samples, disturbed in visits]}


def test_pairs_are_of_the_same_round_and_undisturbed():
    a = result("a", [(0, 0, [1], False), (0, 1, [2], False), (1, 0, [3], True)])
    b = result("b", [(0, 1, [4], False), (0, 2, [5], False), (1, 0, [6], False)])
    assert list(scatter.blocks_of_pairs([{"results": [a, b]}])) == [[([4], [2])], []]


def test_blocks_may_differ():
    assert scatter.deviation([[1.0, 1.0], [5.0, 5.0]]) == 0
    assert scatter.deviation([[0.0, 2.0], [5.0, 5.0]]) == pytest.approx(1)


def test_the_sentence_stands_between_its_marks():
    page = f"a\n  {scatter.BEGIN}\n  old\n  {scatter.END}\n"
    assert scatter.into(page, []) == f"a\n  {scatter.BEGIN}\n  No series is recorded in `docs/results`.\n  {scatter.END}\n"
