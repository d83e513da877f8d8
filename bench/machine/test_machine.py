"""What bench/limits makes of its figures, and that the kernels which measure a machine keep up with a plain loop."""

import json
from pathlib import Path

import asking
import contestants
import kernels
import machine
import main

ASSAY = Path(__file__).resolve().parents[2] / "build/release/assay"


def a_result(kernel=3.2e10, share=0.9):
    return {"cpu": "A CPU", "cpu_numbers": "family 1 model 2", "threads": 2,
            "levels": [{"level": "DRAM", "bytes": 1 << 28, "measured": 3.2e10, "ratios": [0.5, kernel / 3.2e10, 1.5], "ratio_of_each": {"ascending, 2": 0.5, "streams-4, 1": 0.3},
                        "plain": {"every-word, 1": 2e10, "a-word-a-line, 2": 3.2e10},
                        "kernels": {"ascending, 2": 1.6e10, "streams-4, 1": kernel}}],
            "contestants": [{"cell": "m full, latency, f32", "contestant": "sample/default@cpu", "median_ms": 18.2, "share": share,
                             "bound": "memory", "source": "measured"}]}


def test_the_table_names_the_best_of_both_sides():
    lines = main.text([a_result()]).splitlines()
    assert lines[2] == ("| A CPU (family 1 model 2), 2 threads | DRAM | a-word-a-line, 2 threads | 32 GB/s | streams-4, 1 thread | 32 GB/s | "
                        "1.00 [0.50, 1.50] | 0.50 |")
    assert lines[-1].endswith("| m full, latency, f32 | sample/default@cpu | 18.2 ms | memory | 0.90 |")


def test_kernels_that_fall_behind_and_contestants_beyond_the_limit_are_faults():
    assert main.faults(a_result()) == []
    assert main.faults(a_result(kernel=3e10)) == ["DRAM: the best kernel reaches 0.94 of a plain loop"]
    assert main.faults(a_result(share=1.06)) == ["m full, latency, f32: sample/default@cpu reaches 1.06 of the limit"]


def test_the_tables_are_written_between_their_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench/limits: begin -->\nold\n<!-- bench/limits: end -->\nafter\n")
    main.write_into(page, "new")
    assert page.read_text() == "before\n<!-- bench/limits: begin -->\nnew\n<!-- bench/limits: end -->\nafter\n"


def a_row(contestant, median, verdict="exact", limit=10.0):
    return {"model": "m", "size": "full", "workload": "latency", "precision": "f32", "contestant": contestant, "verdict": verdict,
            "time_ms": {"median": median}, "limit": {"ms": 9.0, "measured_ms": limit, "bound": "memory", "source": "raised by a and b"}}


def test_the_best_share_is_of_the_limit_as_measured_and_of_who_is_right():
    rows = [a_row("a", 9.5), a_row("b", 20.0), a_row("liar", 1.0, "wrong"), a_row("other", 1.0, limit=None)]
    assert [(best["contestant"], best["share"]) for best in contestants.best_shares({"results": rows})] == [("a", 10 / 9.5)]


def test_inputs_and_questions_are_added_up_by_cell():
    def visit(asked):
        return {"sets": 4, "batch_ns": 400_000_000, "inputs_ns": 8_000_000, "asked_ns": asked}
    row = a_row("a", 9.5) | {"visits": [visit(None), visit(16_000_000)]}
    old = {"sets": 0, "batch_ns": 1, "inputs_ns": 0, "asked_ns": None}
    costs = asking.costs({"results": [row, a_row("liar", 1.0, "wrong") | {"visits": [visit(10**12)]}, a_row("b", 9.5) | {"visits": [old]}]})
    assert asking.rows("A CPU", costs) == ["| A CPU | m full, latency, f32 | 400 ms | 8 ms | 16 ms | 1 of 2 | 4.0 % |"]


def test_what_is_kept_is_what_the_page_shows():
    results = Path(__file__).with_name("results.json")
    page = Path(__file__).resolve().parents[2] / "docs/method.md"
    if results.exists():
        assert main.text(json.loads(results.read_text())) in page.read_text(), "bench/limits --summary FILE --into docs/method.md"


def test_the_kernels_keep_up_with_a_plain_loop(tmp_path):
    """In turns and as a ratio, since the machine may be busy. Loads in an order that prefetchers do not follow give 0.2 to 0.35."""
    program = kernels.compile_plain(tmp_path)
    size = 1 << 28
    turns = [(kernels.plain_rates(program, size, [2], 0.2),
              kernels.kernel_rates(ASSAY, size, [(kernel, 2) for kernel in ("ascending", "streams-4", "to-and-fro")]))
             for _ in range(3)]
    assert kernels.ratio({"ratios": [max(ours.values()) / max(plain.values()) for plain, ours in turns]}) > 0.6, turns


def test_a_machine_is_named_by_what_tells_it_from_others():
    assert machine.title(a_result()) == "A CPU (family 1 model 2), 2 threads"
    assert machine.title(a_result() | {"cpu_numbers": ""}) == "A CPU, 2 threads"
