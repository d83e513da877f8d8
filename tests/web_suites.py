"""The suites of the page of `assay report` (web/): its types and the committed page, its functions, and a browser that clicks through it. They run
with node, whose runner writes TAP."""

import os
import re
import shutil
from pathlib import Path

from junit import Counts

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
TEST_LINE = re.compile(r"^(?P<indent> *)(?P<failed>not )?ok \d+ - (?P<name>.*?)(?: # (?P<directive>SKIP|TODO)(?P<reason>.*))?$")


def message_of(lines, indent):
    """What stands in the block of YAML after a failed test, or nothing."""
    if not lines or lines[0].strip() != "---":
        return ""
    end = next((number for number, line in enumerate(lines) if line == f"{indent}  ..."), len(lines))
    return "\n".join(line.removeprefix(indent + "  ") for line in lines[1:end])


def tap_counts(output, exit_code):
    """The counts in what node's runner printed. Some versions count each file as a test of its own: those count when they failed only, as does a run
    that ended without a test."""
    counts, lines = Counts(), output.splitlines()
    for number, line in enumerate(lines):
        match = TEST_LINE.match(line)
        if not match:
            continue
        name, is_file = match["name"].replace("\\#", "#"), match["name"].endswith(".mjs")
        if match["directive"] == "SKIP":
            counts.skipped[name] = match["reason"].strip()
        elif match["failed"]:
            counts.failed[name] = message_of(lines[number + 1:], match["indent"]) or "failed"
        elif not is_file:
            counts.passed += 1
    if (exit_code and not counts.failed) or not (counts.passed or counts.failed):
        counts.failed[f"exit code {exit_code}"] = "\n".join(lines[-60:])
    return counts


def node_suite(run, kind):
    """The tests of web/tests/KIND."""
    def suite():
        code, output = run(["node", "tools/test.mjs", kind, "--tap"], at=WEB)
        return tap_counts(output, code)
    return suite


def check_suite(run):
    """That the types are right and that the committed page is what the sources make."""
    def suite():
        counts = Counts()
        for name, command in (("types", ["node_modules/.bin/tsc", "--noEmit"]), ("web/report.html is built from web/src", ["node", "tools/build.mjs", "--check"])):
            code, output = run(command, at=WEB)
            counts += Counts(failed={name: output}) if code else Counts(passed=1)
        return counts
    return suite


def unprepared():
    """What is missing for these suites, or None."""
    missing = [program for program in ("node", os.environ.get("ASSAY_CHROMIUM", "chromium")) if not shutil.which(program)]
    if not (WEB / "node_modules").exists():
        missing.append("web/node_modules")
    return f"not installed: {', '.join(missing)}" if missing else None


def web_suites(run):
    """(name, function) of each; `run` runs a command in a folder and returns its exit code and output."""
    suites = {"web": check_suite(run), "web-unit": node_suite(run, "unit"), "web-browser": node_suite(run, "browser")}
    for name, suite in suites.items():
        def prepared(suite=suite, name=name):
            missing = unprepared()
            return Counts(failed={name: missing}) if missing else suite()
        yield name, prepared
