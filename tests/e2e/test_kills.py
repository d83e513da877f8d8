"""A few kills of the two hundred of bench/kills."""

import sys

from program import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "bench/kills"))


def test_a_killed_core_loses_nothing_and_leaves_nobody(tmp_path):
    import kills
    killing = kills.Killing(PROGRAM, tmp_path)
    outcome = killing.run(5)
    assert not outcome.faults, (killing.seed, outcome)


def test_a_hole_in_what_is_stored_would_be_seen():
    import kills
    visit = ("run", "fake/honest", 0)
    assert not kills.gaps([(*visit, 0, 0), (*visit, 0, 1), (*visit, 1, 0)])
    assert kills.gaps([(*visit, 0, 0), (*visit, 1, 1)]), "the first visit of a round is missing"
    assert kills.gaps([(*visit, 0, 0), (*visit, 0, 0)]), "a visit is stored twice"
