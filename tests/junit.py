"""Counts of tests, and reading them from the JUnit reports that ctest and pytest write, and from what Cargo prints."""

import re
import xml.etree.ElementTree
from dataclasses import dataclass, field

# In the reason of a skipped test: something is missing that ./test provides.
NOT_PREPARED = re.compile(r"\bnot (set up|set|installed|built)\b")


@dataclass
class Counts:
    """passed: a number; failed and skipped: {test: message}; seconds: {test: how long it took, with its fixtures}."""

    passed: int = 0
    failed: dict = field(default_factory=dict)
    skipped: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)

    def __iadd__(self, other):
        self.passed += other.passed
        for mine, theirs in ((self.failed, other.failed), (self.skipped, other.skipped)):
            for test, message in theirs.items():
                while test in mine:  # the same test in two suites is two tests
                    test += "'"
                mine[test] = message
        self.seconds |= other.seconds
        return self

    def slowest(self, count, least_s):
        """(test, seconds) of the slowest tests, of those that took so long."""
        long = [(test, seconds) for test, seconds in self.seconds.items() if seconds >= least_s]
        return sorted(long, key=lambda pair: -pair[1])[:count]

    def fail_unprepared(self):
        """A test skipped for want of something that ./test sets up has failed."""
        for test in [test for test, reason in self.skipped.items() if NOT_PREPARED.search(reason)]:
            self.failed[test] = "skipped: " + self.skipped.pop(test)


def name_of(case):
    folder, name = case.get("classname", ""), case.get("name", "")
    return name if folder in ("", name) else f"{folder}::{name}"


def skip_reason(case):
    """pytest puts the reason into the message; ctest knows only that there was one, and GoogleTest's output names it."""
    message = case.find("skipped").get("message", "")
    lines = (case.findtext("system-out") or "").splitlines()
    for number, line in enumerate(lines):
        if line.endswith("Skipped") and number + 1 < len(lines):
            return lines[number + 1].strip()
    return message


def add_case(counts, case):
    counts.seconds[name_of(case)] = float(case.get("time") or 0)
    # A test case of ctest without a program to run is "notrun" and not marked as skipped: that is a failure.
    never_ran = case.get("status") in ("fail", "notrun") and case.get("result") != "suppressed"
    fault = next((case.find(kind) for kind in ("failure", "error") if case.find(kind) is not None), None)
    if fault is not None or never_ran and case.find("skipped") is None:
        text = (case.findtext("system-out") or "") if case.get("status") else ""
        text = text or (fault is not None and (fault.text or fault.get("message"))) or "did not run"
        counts.failed[name_of(case)] = text.strip()
    elif case.find("skipped") is not None:
        counts.skipped[name_of(case)] = skip_reason(case)
    elif case.get("status") == "disabled" or case.get("result") == "suppressed":  # as ctest says it, and GoogleTest itself
        counts.skipped[name_of(case)] = "disabled"
    else:
        counts.passed += 1


def read_junit(paths, exit_code, output):
    """The counts in a report, or in several. When there is none, or the program failed without naming a failed test, that is one failed test,
    with `output` as its message."""
    counts = Counts()
    for path in paths if isinstance(paths, list) else [paths]:
        try:
            for case in xml.etree.ElementTree.parse(path).iter("testcase"):
                add_case(counts, case)
        except (OSError, xml.etree.ElementTree.ParseError):
            pass
    nothing_ran = not counts.passed and not counts.failed and not counts.skipped
    if nothing_ran or (exit_code != 0 and not counts.failed):
        counts.failed[f"exit code {exit_code}"] = output
    return counts


def read_programs(junit, reports, exit_code, output):
    """The counts in the reports of test programs that ctest ran whole; one that left none, having been ended by a sanitizer, say, is a failed
    test with its output, which `junit`, the report of ctest, has."""
    counts = read_junit(sorted(reports.glob("*.xml")), 0, output)
    for case in xml.etree.ElementTree.parse(junit).iter("testcase"):
        if case.get("status") != "run" and not (reports / f"{case.get('name').replace('/', '_')}_test.xml").exists():
            add_case(counts, case)
    if exit_code != 0 and not counts.failed:
        counts.failed[f"exit code {exit_code}"] = output
    return counts


def cargo_counts(command, exit_code, output):
    """The counts of Cargo's "test", by the lines it prints; of another command, or when it could not run them, that it is one test."""
    results = re.findall(r"^test (.+) \.\.\. (ok|FAILED|ignored)", output, re.MULTILINE)
    counts = Counts(passed=sum(word == "ok" for _, word in results),
                    failed={f"cargo test {name}": output for name, word in results if word == "FAILED"},
                    skipped={f"cargo test {name}": "ignored" for name, word in results if word == "ignored"})
    if exit_code and not counts.failed:
        counts.failed[f"cargo {command}"] = output
    elif not results and command != "test":
        counts.passed = 1
    return counts
