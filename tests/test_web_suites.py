"""What node's test runner printed is counted right."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from web_suites import tap_counts  # noqa: E402

FLAT = """TAP version 13
# Subtest: adds
ok 1 - adds
  ---
  duration_ms: 1.2
  ...
# Subtest: takes away
not ok 2 - takes away
  ---
  error: 'two is not one'
  code: 'ERR_ASSERTION'
  ...
ok 3 - later \\# 2 # SKIP not today
1..3
# pass 1
# fail 1
"""

BY_FILE = """TAP version 13
# Subtest: /x/build/web/tests/unit/a.mjs
    # Subtest: adds
    ok 1 - adds
      ---
      duration_ms: 1.2
      ...
    1..1
ok 1 - /x/build/web/tests/unit/a.mjs
# Subtest: /x/build/web/tests/unit/b.mjs
not ok 2 - /x/build/web/tests/unit/b.mjs
  ---
  error: 'SyntaxError'
  ...
1..2
"""


def test_passed_failed_and_skipped_are_counted():
    counts = tap_counts(FLAT, 1)
    assert (counts.passed, counts.skipped) == (1, {"later # 2": "not today"})
    assert list(counts.failed) == ["takes away"] and "two is not one" in counts.failed["takes away"]


def test_a_file_counts_only_when_it_failed():
    counts = tap_counts(BY_FILE, 1)
    assert counts.passed == 1 and list(counts.failed) == ["/x/build/web/tests/unit/b.mjs"] and "SyntaxError" in counts.failed["/x/build/web/tests/unit/b.mjs"]


def test_a_runner_that_ran_nothing_or_broke_has_failed():
    assert tap_counts("TAP version 13\n1..0\n", 0).failed
    assert tap_counts("Cannot find package 'esbuild'\n", 1).failed == {"exit code 1": "Cannot find package 'esbuild'"}
    assert "exit code 1" in tap_counts("ok 1 - adds\n", 1).failed
