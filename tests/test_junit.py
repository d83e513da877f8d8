"""Counting: nothing that failed, crashed or never ran may look like success."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from junit import Counts, cargo_counts, read_junit, read_programs

CTEST = """<testsuite tests="5">
<testcase name="base/A.passes" classname="base/A.passes" status="run"><system-out>ok</system-out></testcase>
<testcase name="base/A.fails" classname="base/A.fails" status="fail"><failure message=""/><system-out>Expected 1</system-out></testcase>
<testcase name="base/A.skips" classname="base/A.skips" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>x_test.cc:3: Skipped
no GPU here

</system-out></testcase>
<testcase name="base/A.absent" classname="base/A.absent" status="notrun"/>
<testcase name="base/A.off" classname="base/A.off" status="disabled"/>
</testsuite>"""

GOOGLETEST = """<testsuites><testsuite name="A">
<testcase name="Passes" status="run" result="completed" time="0.1" classname="A"/>
<testcase name="Fails" status="run" result="completed" classname="A"><failure message="x_test.cc:3&#x0A;Expected 1" type=""/></testcase>
<testcase name="Skips" status="run" result="skipped" classname="A"><skipped message="no GPU here"/></testcase>
<testcase name="DISABLED_Off" status="notrun" result="suppressed" classname="A"/>
</testsuite></testsuites>"""

PYTEST = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_x" time="0.1"/>
<testcase classname="tests.test_a" name="test_y"><failure message="assert 0">long text</failure></testcase>
<testcase classname="tests.test_a" name="test_w"><error message="fixture">broken</error></testcase>
<testcase classname="tests.test_a" name="test_z"><skipped type="pytest.skip" message="sample is not set up">x</skipped></testcase>
</testsuite></testsuites>"""


def counts_of(tmp_path, text, exit_code=0):
    (tmp_path / "junit.xml").write_text(text)
    return read_junit(tmp_path / "junit.xml", exit_code, "the output")


def test_ctest_report(tmp_path):
    counts = counts_of(tmp_path, CTEST)
    assert counts.passed == 1
    assert counts.failed == {"base/A.fails": "Expected 1", "base/A.absent": "did not run"}
    assert counts.skipped == {"base/A.skips": "no GPU here", "base/A.off": "disabled"}


def test_googletest_report(tmp_path):
    counts = counts_of(tmp_path, GOOGLETEST)
    assert (counts.passed, counts.failed, counts.skipped) == (1, {"A::Fails": "x_test.cc:3\nExpected 1"},
                                                              {"A::Skips": "no GPU here", "A::DISABLED_Off": "disabled"})


PROGRAMS = """<testsuite tests="2">
<testcase name="base" classname="base" status="run"/>
<testcase name="graph" classname="graph" status="fail"><failure message=""/><system-out>AddressSanitizer: heap</system-out></testcase>
</testsuite>"""


def test_several_reports_are_one_and_a_program_without_one_has_failed(tmp_path):
    (tmp_path / "junit.xml").write_text(PROGRAMS)
    (tmp_path / "reports").mkdir()
    for name in ("base", "sdk_cpp"):
        (tmp_path / f"reports/{name}_test.xml").write_text(GOOGLETEST)
    counts = read_programs(tmp_path / "junit.xml", tmp_path / "reports", 8, "the output")
    assert counts.passed == 2 and counts.failed["graph"] == "AddressSanitizer: heap"


def test_pytest_report(tmp_path):
    counts = counts_of(tmp_path, PYTEST)
    assert counts.passed == 1
    assert counts.failed == {"tests.test_a::test_y": "long text", "tests.test_a::test_w": "broken"}
    assert counts.skipped == {"tests.test_a::test_z": "sample is not set up"}
    counts.fail_unprepared()
    assert len(counts.failed) == 3 and not counts.skipped


def test_a_run_without_report_or_tests_is_a_failure(tmp_path):
    assert read_junit(tmp_path / "none.xml", 0, "the output").failed == {"exit code 0": "the output"}
    assert counts_of(tmp_path, "<testsuite/>").failed == {"exit code 0": "the output"}
    assert counts_of(tmp_path, "<testsuite").failed == {"exit code 0": "the output"}


def test_a_bad_exit_code_is_a_failure_even_when_all_tests_passed(tmp_path):
    only_passed = '<testsuite><testcase name="a"/></testsuite>'
    assert counts_of(tmp_path, only_passed).failed == {}
    assert counts_of(tmp_path, only_passed, exit_code=139).failed == {"exit code 139": "the output"}


def test_the_slowest_tests_are_known(tmp_path):
    times = "".join(f'<testcase name="t{seconds}" time="{seconds}.5"/>' for seconds in (3, 40, 12, 25))
    total = Counts()
    total += counts_of(tmp_path, f"<testsuite>{times}</testsuite>")
    assert total.slowest(2, 10) == [("t40", 40.5), ("t25", 25.5)]
    assert [test for test, _ in total.slowest(9, 10)] == ["t40", "t25", "t12"]


def test_counts_add_up_and_keep_tests_of_the_same_name():
    total = Counts(1, {"a": "x"}, {"s": "r"})
    total += Counts(2, {"a": "y"}, {})
    assert total.passed == 3 and len(total.failed) == 2 and len(total.skipped) == 1


CARGO = """running 3 tests
test graph::tests::reads ... ok
test graph::tests::refuses ... FAILED
test src/lib.rs - (line 3) - compile ... ok
test slow ... ignored
"""


def test_what_cargo_prints():
    counts = cargo_counts("test", 101, CARGO)
    assert (counts.passed, list(counts.failed), list(counts.skipped)) == (2, ["cargo test graph::tests::refuses"], ["cargo test slow"])
    assert cargo_counts("test", 101, "error: could not compile").failed == {"cargo test": "error: could not compile"}
    assert cargo_counts("clippy", 0, "Finished").passed == 1
    assert list(cargo_counts("clippy", 127, "cargo: not found").failed) == ["cargo clippy"]
    nothing = cargo_counts("test", 0, "running 0 tests")
    assert (nothing.passed, nothing.failed) == (0, {})
