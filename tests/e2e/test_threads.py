"""Which CPUs contestants get, what may change that from outside, and who takes more than was given."""

import os

import pytest

PINNED = {"OMP_PLACES": "cores", "OMP_PROC_BIND": "true", "GOMP_CPU_AFFINITY": "0", "KMP_AFFINITY": "granularity=core"}
RUN = ("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--json")


def usable_cpus():
    return len(os.sched_getaffinity(0))


def test_places_of_openmp_do_not_pin_the_program(assay):
    plain = assay("check", "--json").document["host"]
    pinned = assay("check", "--json", **PINNED).document["host"]
    assert plain["cpus"] == usable_cpus()
    assert (pinned["cpus"], pinned["cores"]) == (plain["cpus"], plain["cores"])
    groups = pinned["core_groups"]
    assert sum(len(group["cpus"]) for group in groups) == pinned["cores"]
    assert all(group["kind"] == "performance" and group["node"] >= 0 for group in groups)


def test_env_still_shows_what_was_taken_out(assay):
    found = assay("env", "--json", **PINNED).document["environment"]
    assert PINNED.items() <= found.items()


@pytest.fixture
def told(tmp_path):
    """A PATH whose python3 tells the variables that it was started with, and fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").write_text("#!/bin/sh\nenv | grep -E '^(OMP|GOMP|KMP|MKL|OPENBLAS)_' >&2\nexit 1\n")
    (folder / "python3").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


# What the user's shell has and runners keep.
GUARD = {name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ}


def variables(result):
    return dict(line.split("=", 1) for line in result["stderr"].splitlines() if "=" in line)


def test_runners_do_without_what_steers_frameworks(assay, told):
    given = {**PINNED, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}
    done = assay(*RUN, "--rounds", 1, "-f", "fake/honest", **told, **given)
    assert variables(done.result("fake/honest")) == {"OPENBLAS_CORETYPE": "Haswell"}, "which guards against crashes"
    document = done.document
    assert given.keys() - {"OPENBLAS_CORETYPE"} <= set(document["unset_environment"])
    assert document["kept_environment"]["OPENBLAS_CORETYPE"] == "Haswell"
    assert "did without" in done.err and "OMP_PLACES" in done.err


def test_what_the_user_means_is_kept_stored_and_shown(assay, told):
    done = assay(*RUN, "--rounds", 1, "-f", "fake/honest", "--keep-env", "OMP_PLACES", **told, **PINNED)
    assert variables(done.result("fake/honest")) == {"OMP_PLACES": "cores"} | GUARD
    assert done.document["kept_environment"]["OMP_PLACES"] == "cores"
    assert "OMP_PLACES=cores" in assay("show", "last").out
    assert assay("show", "last", "--json").document["kept_environment"]["OMP_PLACES"] == "cores"


def test_a_variable_that_is_not_there_cannot_be_kept(assay):
    done = assay("run", "-f", "fake/honest", "--keep-env", "NO_SUCH_VARIABLE")
    assert done.code == 2 and "NO_SUCH_VARIABLE" in done.err


def two_cpus_at_a_time(result):
    """Whether the machine let the contestant have more than one CPU: on a busy one nobody gets two."""
    return sum(visit["cpu_ns"] > 1.2 * visit["cpu_window_ns"] for visit in result["visits"]) * 2 >= len(result["visits"])


def lacks_cpuset(assay):
    return any("cpuset" in gap for gap in assay.gaps())


@pytest.mark.skipif(usable_cpus() < 2, reason="there is one CPU")
def test_a_control_group_keeps_everyone_to_the_cpus_given(assay):
    if lacks_cpuset(assay):
        pytest.skip("; ".join(assay.gaps()))
    done = assay(*RUN, "--threads", 1, "--rounds", 2, "-f", "fake/wide", "-f", "fake/honest")
    wide = assay("show", "last", "--samples", "--json").result("fake/wide")
    assert done.result("fake/wide")["verdict"] == "exact", done.err
    assert all(visit["cpus"] == 1 for visit in wide["visits"])
    assert all(visit["cpu_ns"] < 1.1 * visit["cpu_window_ns"] for visit in wide["visits"])


@pytest.mark.skipif(usable_cpus() < 2, reason="there is one CPU")
def test_more_cpus_than_threads_allow_are_wrong(assay):
    if not lacks_cpuset(assay):
        if not assay.do_without_control_groups():
            pytest.skip("control groups cannot be hidden from the program here")
        assert lacks_cpuset(assay)
    for _ in range(3):
        done = assay(*RUN, "--threads", 1, "--rounds", 4, "-f", "fake/wide", "-f", "fake/honest")
        run = assay("show", "last", "--samples", "--json")
        assert done.result("fake/honest")["verdict"] == "exact", done.err
        if two_cpus_at_a_time(run.result("fake/wide")):
            break
    else:
        pytest.skip("the machine was so busy that nobody got two CPUs")
    wide = done.result("fake/wide")
    assert wide["verdict"] == "wrong" and "CPUs where 1 thread was allowed" in wide["reason"], wide["reason"]
    assert done.code == 1
