"""The page of every model and workload."""

import cells


def result(contestant, median, **changed):
    plain = {"model": "m", "workload": "latency", "contestant": contestant, "outcome": "ok", "verdict": "exact", "reason": "",
             "time_ms": {"median": median} if median else None}
    return plain | changed


def document(started, *results):
    host = {"cpu": "a CPU", "os": "an OS"}
    return {"started": started, "run": started, "threads": 2, "command": "assay run -m m", "host": host, "results": list(results)}


def test_times_stand_beside_how_many_of_the_fastest_they_are():
    rows = cells.newest([document("1", result("a", 2.0), result("b", 5.0))])
    assert "| m | latency | 2 ms (1) | 5 ms (2.5) |" in cells.table(rows)


def test_a_wrong_one_is_no_fastest_and_its_reason_is_said():
    rows = cells.newest([document("1", result("a", 1.0, verdict="wrong", reason="x is off"), result("b", 5.0))])
    assert "| m | latency | wrong 1 ms | 5 ms (1) |" in cells.table(rows)
    assert cells.reasons(rows) == ["- m latency, a: wrong: x is off"]


def test_what_never_ran_is_no_time():
    rows = cells.newest([document("1", result("a", None, outcome="timed_out", verdict="unchecked", reason="240 s"))])
    assert "| m | latency | timed_out |" in cells.table(rows)


def test_the_newer_run_counts():
    rows = cells.newest([document("1", result("a", 1.0)), document("2", result("a", 3.0))])
    assert "| 3 ms (1) |" in cells.table(rows)
