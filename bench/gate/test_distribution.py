"""The tables say what the trials say."""

from distribution import BEGIN, END, honest_table, largest_share, nearest, quantile, rejected_table, write


def trial(contestant, shares, verdict="exact", workload="inference", mutant=""):
    tensors = [{"times_f32": 2 * (share or 0), "tolerance_share": share} for share in shares]
    return {"contestant": contestant + "@cpu", "size": "tiny", "workload": workload, "mutant": mutant, "verdict": verdict, "tensors": tensors}


def test_an_answer_that_could_not_be_compared_is_infinitely_far():
    assert largest_share(trial("a/b", [0.1, 0.3])) == 0.3
    assert largest_share(trial("a/b", [])) == float("inf")
    assert largest_share(trial("a/b", [0.1, None])) == float("inf")


def test_quantiles_are_values():
    assert [quantile([3, 1, 2, 4], share) for share in (0, 0.25, 0.5, 0.51, 0.95, 1)] == [1, 1, 2, 3, 4, 4]


def test_honest_contestants_have_their_own_row():
    row = honest_table([trial("a/b", [0.1, 0.2, 0.5])])[2]
    assert row == "| a/b | tiny | inference | 3 | 0.40 | 1.00 | 1.00 | 50 % | `exact` |"


def test_the_nearest_to_passing_stands_first():
    trials = [trial("fake/far", [500], "wrong"), trial("fake/near", [900], "wrong"), trial("fake/near", [20], "wrong", "training")]
    order = nearest(trials, lambda one: one["contestant"])
    assert [name for name, _ in order] == ["fake/near@cpu", "fake/far@cpu"]
    rows = rejected_table("liar", trials, lambda one: one["contestant"])
    assert rows[2] == "| fake/near@cpu | 2 | 2 | training | 20 |"


def test_one_that_passed_is_not_counted_as_rejected():
    rows = rejected_table("mutant", [trial("a/b", [0.5], "exact", mutant="m")], lambda one: one["mutant"])
    assert "| m | 1 | 0 | a/b, inference | 0.5 |" in rows


def test_only_what_lies_between_the_marks_is_replaced(tmp_path):
    document = tmp_path / "method.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write(document, ["new"])
    assert document.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
