"""What docs/usage.md shows of sweeps: a row a contestant, a column a size, and who gave no time says why."""

import sweeps

POINT = {"size": 128, "verdict": "exact", "outcome": "ok", "items_per_s": 50.0, "time_ms": 20.0, "low": 19.0, "high": 21.0}
SWEEP = {"model": "m", "workload": "latency", "axis": "context", "item": "tokens",
         "series": [{"contestant": "a/b@cpu", "points": [POINT, POINT | {"size": 4096, "items_per_s": 5.0}]},
                    {"contestant": "c/d@cpu", "points": [POINT | {"time_ms": None, "verdict": "unchecked", "outcome": "unsupported"}]}]}


def test_a_row_has_what_is_done_a_second_or_why_not():
    lines = sweeps.table(SWEEP).splitlines()
    assert lines[0] == "| contestant | context 128 | context 4096 |"
    assert lines[2] == "| a/b@cpu | 50 | 5 |"
    assert lines[3] == "| c/d@cpu | unsupported | - |"


def test_a_wrong_one_has_no_rate():
    assert sweeps.cell(POINT | {"time_ms": None, "verdict": "wrong"}) == "wrong"
    assert sweeps.cell(POINT | {"verdict": "reduced"}).endswith("(reduced)")


def test_the_page_has_every_sweep_between_its_marks():
    document = {"sweeps": [SWEEP], "host": {"cpu": "A CPU"}, "threads": 2, "started": "2026-01-02T", "command": "assay run -m m"}
    page = sweeps.into(f"a\n{sweeps.BEGIN}\nold\n{sweeps.END}\nb\n", {"one": document})
    assert "results/sweeps/one.svg" in page and "old" not in page and page.endswith("\nb\n") and "A CPU, 2 threads" in page
