"""Output that a full disk swallowed was lost with exit code 0, and a reader that had seen enough was an "unexpected error"."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

RUN = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "latency", "--rounds", 1, "-f", "fake/honest"]
PRINTS = {
    "list": ["list"], "list --json": ["list", "--json"], "check": ["check"], "check --json": ["check", "--json"], "env": ["env"],
    "env --json": ["env", "--json"], "graph": ["graph", "smollm2-135m", "--size", "tiny"], "show": ["show"], "show --json": ["show", "--json"],
    "show run": ["show", "last"], "show samples": ["show", "last", "--samples"], "show files": ["show", "last", "--files"],
    "clean": ["clean", "--dry-run"], "limits": ["limits"], "completion": ["completion", "bash"], "complete": ["complete", "r"],
    "help": ["--help"], "help of one": ["run", "--help"], "version": ["--version"], "setup": ["setup", "fake", "--json"], "run": RUN,
}


@pytest.fixture(scope="module")
def assay(tmp_path_factory):
    folder = tmp_path_factory.mktemp("output")
    program = Assay(folder)
    assert program(*RUN).code == 0
    return program


def printed_to(assay, stdout, *arguments, **options):
    return subprocess.run(assay.command(*arguments), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=300,
                          env=assay.environment, **options)


@pytest.mark.parametrize("name", PRINTS)
def test_a_full_disk_is_said(assay, name):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = printed_to(assay, full, *PRINTS[name])
    assert done.returncode == 4, done.stderr
    assert "standard output cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize("name", ["list", "show samples", "graph", "run", "help"])
def test_a_reader_that_has_seen_enough_is_no_error(assay, name):
    reader, writer = os.pipe()
    os.close(reader)
    done = printed_to(assay, writer, *PRINTS[name])
    os.close(writer)
    assert done.returncode == 0 and "error" not in done.stderr and "written" not in done.stderr, done.stderr


def test_a_run_that_cannot_be_printed_says_where_it_is(assay):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = printed_to(assay, full, *RUN, "--json")
    newest = assay("show", "--json").document["runs"][0]
    assert done.returncode == 4 and f"assay show {newest['run']}" in done.stderr and newest["complete"], done.stderr
    assert json.loads(assay("show", newest["run"], "--json").out)


def test_without_standard_streams_nothing_else_is_written_to(assay, tmp_path):
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(["bash", "-c", 'exec "$@" <&- >&-', "bash", *assay.command("materials", "smollm2-135m", "--size", "tiny", "--dir", tmp_path / "out")],
                          env=assay.environment, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["bash", "-c", 'exec "$@" >&-', "bash", *assay.command("list")], env=assay.environment, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 4 and "standard output cannot be written" in done.stderr
    assert before == [] and (tmp_path / "out/graph.json").read_text().startswith("{")


def test_nothing_depends_on_standard_error(assay):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(assay.command("show", "no-such-run"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=full, env=assay.environment, check=False)
        assert done.returncode == 2
        done = subprocess.run(assay.command(*RUN, "--json"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=full, env=assay.environment, check=False)
        assert done.returncode == 0 and json.loads(done.stdout)["results"]
