"""The page of every model and workload."""

import cells


def result(contestant, median, **changed):
    plain = {"model": "m", "workload": "latency", "size": "full", "precision": "f32", "contestant": contestant, "outcome": "ok", "verdict": "exact",
             "reason": "", "time_ms": {"median": median} if median else None}
    return plain | changed


def document(started, *results, cpu="a CPU", **more):
    host = {"cpu": cpu, "os": "an OS", "cpu_features": ["avx2"], **more}
    return {"started": started, "run": started, "threads": 2, "command": "assay run -m m", "host": host, "complete": True, "results": list(results)}


def table(*documents):
    return cells.table(cells.rows_of(documents))


def test_times_stand_beside_how_many_of_the_fastest_they_are():
    assert "| m | latency | 2 ms (1) | 5 ms (2.5) |" in table(document("1", result("a", 2.0), result("b", 5.0)))


def test_a_wrong_one_is_no_fastest_and_its_reason_is_said():
    rows = cells.rows_of([document("1", result("a", 1.0, verdict="wrong", reason="x is off"), result("b", 5.0), result("c", 10.0))])
    assert "| m | latency | wrong 1 ms | 5 ms (1) | 10 ms (2) |" in cells.table(rows)
    assert cells.reasons(rows) == ["In no ranking:\n\n- m latency, a: wrong: x is off"]


def test_classes_are_compared_apart():
    one = document("1", result("a", 1.0, verdict="f32-fast"), result("b", 2.0, verdict="f32-fast"), result("c", 5.0), result("d", 10.0))
    assert "| f32-fast 1 ms (1) | f32-fast 2 ms (2) | 5 ms (1) | 10 ms (2) |" in table(one)


def test_what_never_ran_is_no_time():
    assert "| m | latency | timed_out |" in table(document("1", result("a", None, outcome="timed_out", verdict="unchecked", reason="240 s")))


def test_the_newer_run_counts_whatever_the_order_and_compares_with_its_own_only():
    older, newer = document("1", result("a", 1.0), result("b", 3.0)), document("2", result("a", 6.0))
    assert "| 6 ms | 3 ms (3) |" in table(newer, older)


def test_each_machine_has_a_table_of_its_own():
    page = cells.page([document("1", result("a", 1.0)), document("2", result("a", 3.0), cpu="another CPU")])
    assert page.index("## a CPU") < page.index("| 1 ms |") < page.index("## another CPU") < page.index("| 3 ms |")


def test_tiny_models_and_other_precisions_are_left_out():
    assert "##" not in cells.page([document("1", result("a", 1.0, size="tiny"), result("a", 1.0, precision="bf16"))])


def test_processors_of_one_name_are_apart_by_design_and_by_what_they_can_do():
    page = cells.page([document("1", result("a", 1.0)), document("2", result("a", 2.0), cpu_features=["avx2", "avx_vnni"]),
                       document("3", result("a", 3.0), cpu_design="family 26"), document("4", result("b", 4.0))])
    assert page.count("\n## ") == 3 and "| m | latency | 1 ms | 4 ms |" in page
    assert "## a CPU (family 26), 2 threads, an OS\n\nInstructions: avx2." in page
