"""The proof's own arithmetic, and the wait that makes a twin slower."""

import json
import sys
import types
from pathlib import Path

import pytest
import sessions
import summary


def a_session(hog=False, size="tiny"):
    plan = sessions.Plan(size, 3, 1, "10s", hog)
    def result(variant, verdict, median=1.0, to="same-0"):
        return {"variant": variant, "visits": [], "time_ms": {"median": 2.0, "rounds": 30},
                "ratio": {"to": f"{sessions.FRAMEWORK}/{to}@cpu", "comparison": verdict, "median": median, "low": median - 0.02, "high": median + 0.02}}
    session = sessions.Session(plan, "run-1", "assay run", {"host": {}, "results": [result("same-0", "equal")]})
    session.pairs += sessions.pairs_with(session, "same-0", {"results": [
        result("same-0", "equal"), result("same-1", "undecided"), result("same-2", "faster", 0.95), result("slower-0", "slower", 1.05)]})
    session.pairs += sessions.pairs_with(session, "same-1", {"results": [
        result("same-0", "equal", 1.0, "same-1"), result("same-1", "equal", 1.0, "same-1"), result("same-2", "undecided", 1.0, "same-1"), result("slower-0", "undecided", 1.01, "same-1")]})
    return session


def test_each_pair_of_honest_copies_counts_once():
    pairs = a_session().pairs
    assert [(pair.first, pair.second) for pair in pairs if not pair.injected] == [("same-0", "same-1"), ("same-0", "same-2"), ("same-1", "same-2")]
    assert [(pair.first, pair.second) for pair in pairs if pair.injected] == [("same-0", "slower-0"), ("same-1", "slower-0")]


def test_shares_count_ties_and_found_slowdowns():
    document = summary.of({"sessions": [summary.of_session(a_session())], "loop_overhead_ns": {"Python": 500, "C++": 40}})
    assert document["aa_tie_share"] == pytest.approx(2 / 3)
    assert (document["slowdowns"], document["slowdown_found_share"]) == (1, 1), "only the one that the run compared with its baseline"
    assert (document["any_pair"]["slowdowns"], document["any_pair"]["slowdown_found_share"]) == (2, pytest.approx(1 / 2))
    assert document["half_width_median"] == pytest.approx(0.02, rel=0.1)
    assert document["loop_overhead_share"] == pytest.approx(500 / 2e6)


def test_sessions_beside_a_hog_stand_apart():
    document = summary.of({"sessions": [summary.of_session(a_session()), summary.of_session(a_session(hog=True))]})
    assert document["sessions"] == 1
    assert [(kind["size"], kind["hog"]) for kind in document["by_kind"]] == [("tiny", False), ("tiny", True)]
    assert "2 of 3" not in summary.text(document) and "66.7 %" in summary.text(document)


def test_a_pair_is_never_taken_from_another_baseline():
    session = a_session()
    other = {"variant": "same-1", "ratio": {"to": f"{sessions.FRAMEWORK}/same-2@cpu", "comparison": "equal", "median": 1.0, "low": 0.9, "high": 1.1}}
    with pytest.raises(RuntimeError, match="compared with"):
        sessions.pairs_with(session, "same-0", {"results": [other]})


def test_a_pair_without_interval_is_no_tie():
    session = a_session()
    found = sessions.pair(session, "same-0", "same-1", {"ratio": {"low": None, "high": None, "median": 1.0, "comparison": "none"}}, False)
    assert found.verdict == "none" and found.half_width is None


def test_the_scatter_is_that_of_undisturbed_pairs_within_their_block():
    def session(visits):
        return {"visits": {"same-0": [[0, 0, 1.0, 0], [0, 1, 1.0, 0], [1, 0, 1.0, 0], [1, 1, 1.0, 0]], "same-1": visits}}
    levels = [[0, 0, 2.0, 0], [0, 1, 2.0, 0], [1, 0, 4.0, 0], [1, 1, 4.0, 0]]
    assert summary.scatter(session(levels)) == 0, "blocks may differ"
    assert summary.scatter(session([*levels[:1], [0, 1, 2.2, 0], *levels[2:]])) > 0.04
    assert summary.scatter(session([*levels[:1], [0, 1, 9.0, 1]])) is None, "one pair is left, which scatters by nothing"


def test_the_twin_waits_the_injected_share(monkeypatch):
    monkeypatch.setitem(sys.modules, "assay_runner", types.SimpleNamespace(Runner=object))
    import twin

    clock = types.SimpleNamespace(now=0)

    def tick():
        clock.now += 1_000
        return clock.now

    class Sleeper:
        def step(self, _inputs):
            clock.now += 2_000_000

    monkeypatch.setattr(twin, "perf_counter_ns", tick)
    slower = twin.Twin(Sleeper(), "default", 0.5)
    began = clock.now
    slower.step(0)
    assert 3_000_000 <= clock.now - began <= 3_010_000


def test_the_page_has_the_figures_of_the_committed_sessions():
    root = Path(summary.__file__).resolve().parents[2]
    kept = json.loads((root / "bench/proof/results.json").read_text())
    page = (root / "docs/method.md").read_text()
    assert summary.into(page, summary.of(kept)) == page, "run bench/trust --summary bench/proof/results.json --into docs/method.md"
