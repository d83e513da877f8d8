#!/usr/bin/env python3
"""Runs all suites of the tree and counts their tests; ./test prepares what they need and calls this. What others build on comes first, then
suites run beside each other, the longest first, one more than there are CPUs since all of them wait now and then; what is judged by clocks runs
alone at the end.

    ./test [--list] [--full] [SUITE…]        a suite is meant by its name or by the beginning of it

--full adds fidelity and the liars at full size, variants that only run when they are named, and 20,000 fuzzed inputs of a kind, where a short
slice is the rule.

The last line is "N passed, N failed, N skipped". What was skipped is listed with its reason; a test that is skipped because a
framework is not set up counts as failed, since setting up is this script's job.
"""

import argparse
import concurrent.futures
import functools
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import lint
import suites
import web_suites
from junit import Counts, cargo_counts, read_junit, read_programs

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/assay"
SUITE_SECONDS, FULL_SUITE_SECONDS = 30 * 60, 4 * 3600
TAIL_LINES = 60
FULL_FUZZ_INPUTS = 20_000  # of each kind (tests/fuzz)
RUNNING = set()  # the processes of suites, which an interrupt ends
CPU = threading.local()  # its `seconds`: what the suite of this thread has used of the CPUs
LONGEST = ["python-tests-conformance", "unit"]
# Work put off is found by the clocks, and more CPUs than were given by what a contestant gets of them: what others take excuses both.
ALONE = ["python-tests-e2e-liars_about_time", "python-tests-e2e-threads"]
# OpenBLAS starts its threads with each of the thousands of short programs here, and without this they spin for 25 ms of a CPU each time.
ENVIRONMENT = {"ASSAY_BINARY": str(PROGRAM), "OPENBLAS_THREAD_TIMEOUT": "20"}
SLOWEST, SLOW_SECONDS = 20, 10  # so many tests are named at the end, of those that took so long


def run(command, seconds=SUITE_SECONDS, at=ROOT, **options):
    """The exit code and the output (both streams) of a command in a folder; its whole process group is ended when the time is over."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, cwd=at, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, **options)
        RUNNING.add(process)
        limit = threading.Timer(seconds, os.killpg, (process.pid, 9))
        limit.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, 9)
            raise
        finally:
            in_time = limit.is_alive()
            limit.cancel()
            RUNNING.discard(process)
        CPU.seconds += used.ru_utime + used.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)  # Popen did not wait for it itself
        if not in_time:
            output.write(f"\nended after {seconds} s\n")
        output.seek(0)
        return process.returncode, output.read()


def tail(text):
    return "\n".join(text.splitlines()[-TAIL_LINES:])


def check(name, faults):
    """A check as one test: passed when it has no faults."""
    return Counts(failed={name: "\n".join(faults)}) if faults else Counts(passed=1)


def check_tree():
    import check_includes
    return check("include rule and rules of the tree", list(check_includes.violations(ROOT)))


def check_names():
    import check_names
    return check("frameworks are named in their own folders only", list(check_names.faults(ROOT)))


def check_format():
    return check(lint.FORMAT, lint.format_faults())


def check_tidy():
    return check(lint.TIDY, lint.tidy_faults())


def unit_tests(preset, tools, environment, full, chosen=()):
    """The programs of GoogleTest in a build, or those that ctest's options choose."""
    def suite():
        data = ENVIRONMENT | {"ASSAY_ONNX_NODE_TESTS": str(suites.onnx_node_tests(tools))}
        data |= {"ASSAY_FUZZ_INPUTS": str(FULL_FUZZ_INPUTS)} if full else {}
        build = ROOT / f"build/{preset}"
        for old in [build / "junit.xml", *build.glob("reports/*.xml")]:
            old.unlink(missing_ok=True)
        code, output = run(["ctest", "--test-dir", str(build), "--output-junit", str(build / "junit.xml"), *chosen],
                           FULL_SUITE_SECONDS if full else SUITE_SECONDS, env=os.environ | data | environment)
        return read_programs(build / "junit.xml", build / "reports", code, tail(output))
    return suite


@functools.cache
def interpreter_folder():
    """A folder with nothing but python3, the interpreter itself: where that of the PATH is a version manager's script, each of the hundreds of
    runners that the tests start would look for it for a third of a second."""
    folder = ROOT / "build/interpreter"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f".python3-{threading.get_ident()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(sys.executable).resolve())
    link.replace(folder / "python3")  # in one step, for suites beside each other begin with this
    return folder


def pytest_suite(name, folder, files, python, tools, full):
    """Tests in files of a folder with the interpreter of an environment; the tools' packages come after the environment's own. The report stays in
    build/, for whoever looks for what took so long."""
    def suite():
        report = ROOT / f"build/reports/{name}.xml"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", *(["--full"] if full and suites.has_full_size(folder) else [])]
        code, output = run([str(python), str(ROOT / "tests/with_tools.py"), str(tools), *options, *map(str, files)],
                           FULL_SUITE_SECONDS if full else SUITE_SECONDS,
                           env=os.environ | ENVIRONMENT | {"PATH": f"{interpreter_folder()}:{os.environ['PATH']}"})
        return read_junit(report, code, tail(output))
    return suite


def python_suites(tools, full):
    """One of each folder. Of tests/e2e each file is one: they share nothing, and are long."""
    for folder, framework in suites.pytest_folders():
        name, files = "python-" + str(folder.relative_to(ROOT)).replace("/", "-"), sorted(folder.glob("test_*.py"))
        parts = {f"{name}-{file.stem.removeprefix('test_')}": [file] for file in files} if folder.name == "e2e" else {name: files}
        for part, chosen in parts.items():
            yield part, lambda part=part, folder=folder, chosen=chosen, framework=framework: pytest_suite(
                part, folder, chosen, suites.interpreter(PROGRAM, framework, tools), tools, full)()


def cargo_suite(crate):
    """Format, lint and tests of a crate, compiled as the quick form of a runner is."""
    def suite():
        code, output = run(["cargo", "fmt", "--check"], at=crate)
        counts = check("cargo fmt", [tail(output)] if code else [])
        for command in (["clippy", "--all-targets", "--profile", "quick", "--", "-D", "warnings"], ["test", "--profile", "quick"]):
            code, output = run(["bash", str(ROOT / "sdk/rust/cargo.sh"), *command], at=crate)
            counts += cargo_counts(command[0], code, output)
        return counts
    return suite


def set_up(framework, full):
    """Setting a framework up is a test of its own; where it fails, the framework's tests cannot run."""
    def suite():
        code, output = run([str(PROGRAM), "setup", framework, *(suites.hidden_variants(PROGRAM, framework) if full else [])])
        return Counts(passed=1) if code == 0 else Counts(failed={f"assay setup {framework}": tail(output)})
    return suite


def first_suites(full):
    """(name, function) of what is quick and most often wrong, and of what the others need."""
    yield "tree", check_tree
    yield "tree-names", check_names
    yield "format", check_format
    for framework in suites.frameworks():
        yield f"setup-{framework}", set_up(framework, full)


def other_suites(tools, full):
    """(name, function) of every other suite."""
    yield "unit", unit_tests("sanitize", tools, suites.SANITIZER_ENVIRONMENT, full)
    yield "unit-as-shipped", unit_tests("release", tools, {}, full, [] if full else ["--label-regex", "as-shipped"])
    if full and platform.machine() == "x86_64":
        for kernels in ("Prescott", "Haswell", "SkylakeX"):  # of other processors than this one
            yield f"unit-with-{kernels}", unit_tests("release", tools, {"OPENBLAS_CORETYPE": kernels}, full, ["--label-regex", "as-shipped"])
    yield from python_suites(tools, full)
    yield from web_suites.web_suites(run)
    for crate in suites.crates():
        yield "rust-" + str(crate.relative_to(ROOT)).replace("/", "-"), cargo_suite(crate)
    yield "tidy", check_tidy


def report(name, counts, seconds, cpu_seconds):
    words = [f"{counts.passed} passed"]
    words += [f"{len(counts.failed)} failed"] if counts.failed else []
    words += [f"{len(counts.skipped)} skipped"] if counts.skipped else []
    lines = [f"{name:32} {', '.join(words)} ({seconds:.0f} s, CPU {cpu_seconds:.0f} s)"]
    for test, message in counts.failed.items():
        lines += [f"  FAILED {test}", *("    " + line for line in message.splitlines()[-TAIL_LINES:])]
    print("\n".join(lines), flush=True)


def run_suite(name, suite):
    began, CPU.seconds = time.monotonic(), 0
    try:
        counts = suite()
    except Exception as error:  # a broken suite is a failed test, and the others still run
        counts = Counts(failed={name: repr(error)})
    counts.fail_unprepared()
    report(name, counts, time.monotonic() - began, CPU.seconds)
    return counts


def run_all(chosen):
    """Runs the suites, functions by name; yields the counts of each."""
    first = [name for name, _ in first_suites(full=False) if name in chosen]
    beside = [name for name in chosen if name not in {*first, *ALONE}]
    beside.sort(key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    for name in first:
        yield run_suite(name, chosen[name])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        running = [pool.submit(run_suite, name, chosen[name]) for name in beside]
        try:
            for done in concurrent.futures.as_completed(running):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for name in ALONE:
        if name in chosen:
            yield run_suite(name, chosen[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the suites' names and stop")
    parser.add_argument("--full", action="store_true", help="fidelity and the liars at full size, hidden variants, and 20,000 fuzzed inputs of a kind too")
    parser.add_argument("suite", nargs="*")
    arguments = parser.parse_args()
    tools = Path(os.environ["ASSAY_TEST_TOOLS"])
    chosen = {name: suite for name, suite in [*first_suites(arguments.full), *other_suites(tools, arguments.full)]
              if not arguments.suite or any(name.startswith(wanted) for wanted in arguments.suite)}
    if arguments.list:
        print("\n".join(chosen))
        return 0
    total = Counts()
    try:
        for counts in run_all(chosen):
            total += counts
    except KeyboardInterrupt:
        for process in list(RUNNING):
            os.killpg(process.pid, 9)
        raise
    for test, seconds in total.slowest(SLOWEST, SLOW_SECONDS):
        print(f"SLOW {test}: {seconds:.0f} s")
    for test, reason in total.skipped.items():
        print(f"SKIPPED {test}: {reason}")
    if not total.passed and not total.failed:
        total.failed["no test ran"] = ""
        print("No suite has that name, or no test ran.")
    print(f"{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
