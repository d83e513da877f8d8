"""A set-up that was made in one shell is ready in every other: in an activated environment, behind a manager of versions, in a job of cron's,
in a locale that is not there."""

import json
import os
import subprocess
import sys

import pytest
from program import preloaded
from steps import home_of_steps

BUILD = """tools = ["python3", "c++"]
compile = "setup.sh"
sources = ["runner.sh"]
download_mb = 1
disk_mb = 1
minutes = 0.1"""


@pytest.fixture
def home(assay, tmp_path):
    return home_of_steps(assay, tmp_path, BUILD, {"setup.sh": 'echo run >> "$ASSAY_BUILD_DIR/runs"\n', "runner.sh": "exit 0\n"})


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def environments(login, folder):
    """Name -> environment, each as a user may have it."""
    kept = {name: value for name, value in login.items() if name.startswith("ASSAY_")}
    path = login["PATH"]
    # Its python3 is a copy and no link: it can be told from the one it came from by its name alone.
    subprocess.run([sys.executable, "-m", "venv", "--copies", "--without-pip", folder / "venv"], check=True)
    executable(folder / "shims/python3", f'#!/bin/bash\nexec {sys.executable} "$@"\n')
    return {
        "login": login,
        "venv": login | {"PATH": f"{folder}/venv/bin:{path}", "VIRTUAL_ENV": f"{folder}/venv"},
        "shim": login | {"PATH": f"{folder}/shims:{path}"},
        "cron": kept | {"PATH": "/usr/bin:/bin"},
        "no compiler": kept | {"PATH": str(folder / "venv/bin")},
        "locale": login | {"LC_ALL": "xx_YY.UTF-8", "LANG": "xx_YY.UTF-8"},
        "german": login | {"LANGUAGE": "de", "LC_ALL": "C.UTF-8"},
        "preload": login | {"LD_PRELOAD": "/no/such/library.so"},
        "pythonhome": login | {"PYTHONHOME": "/nowhere"},
    }


def asked(assay, environment, *arguments):
    done = subprocess.run(assay.command(*arguments, "--json"), env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def runs(home):
    (build,) = [folder for folder in (home / "cache/frameworks/steps").iterdir() if folder.is_dir()]
    return (build / "runs").read_text().count("run")


@pytest.mark.parametrize("first", ["login", "venv", "shim", "cron"])
def test_it_is_ready_in_every_environment_wherever_it_was_made(assay, home, first):
    there = environments(assay.environment, home)
    assert {c["state"] for c in asked(assay, there[first], "check")["contestants"]} == {"not set up"}
    assert asked(assay, there[first], "setup", "steps")["builds"][0]["ready"]
    made = runs(home)
    for name, environment in there.items():
        assert [c["state"] for c in asked(assay, environment, "check")["contestants"]] == ["ready"], name
        assert asked(assay, environment, "setup", "steps")["builds"][0]["ready"], name
        assert not asked(assay, environment, "clean", "--dry-run")["items"], f"{name}: clean would remove it"
    assert runs(home) == made, "nothing was installed or compiled again"


def test_two_that_set_up_at_once_from_different_environments_make_one_build(assay, home):
    (home / "home/frameworks/steps/setup.sh").write_text('echo run >> "$ASSAY_BUILD_DIR/runs"\nsleep 1\n')
    there = environments(assay.environment, home)
    both = [subprocess.Popen(assay.command("setup", "steps"), env=there[name], stderr=subprocess.PIPE, text=True) for name in ("login", "cron", "shim")]
    assert [process.wait(100) for process in both] == [0, 0, 0], [process.stderr.read() for process in both]
    assert runs(home) == 2, "one installed and compiled, the others waited and found it"


def test_an_interpreter_that_is_gone_or_another_makes_it_outdated(assay, home):
    interpreter = executable(home / "other/python3", """#!/bin/bash
case $1 in --version) echo Python 3.11.99 ;; *) echo "$0"; echo cpython 3.11.99 cpython-311 ;; esac
""")
    environment = assay.environment | {"PATH": f"{home}/other:{assay.environment['PATH']}"}
    assert asked(assay, environment, "setup", "steps")["builds"][0]["ready"]
    assert [c["state"] for c in asked(assay, assay.environment, "check")["contestants"]] == ["ready"]
    text = interpreter.read_text()
    interpreter.write_text(text.replace("3.11.99", "3.11.100"))
    assert [c["state"] for c in asked(assay, environment, "check")["contestants"]] == ["outdated"]
    interpreter.write_text(text)
    assert [c["state"] for c in asked(assay, environment, "check")["contestants"]] == ["ready"]
    interpreter.unlink()
    assert [c["state"] for c in asked(assay, environment, "check")["contestants"]] == ["outdated"]


# But for the guard over runners, which is started before anything is asked for.
NO_PROCESS = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <string.h>
int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const argv[], char *const envp[]) {
  if (argv[1] == 0 || strcmp(argv[1], "guard") != 0) return EAGAIN;
  __typeof__(&posix_spawnp) real = (__typeof__(&posix_spawnp))dlsym(RTLD_NEXT, "posix_spawnp");
  return real(pid, file, actions, attributes, argv, envp);
}
"""


def test_a_limit_on_processes_is_no_missing_set_up(assay, home):
    assert asked(assay, assay.environment, "setup", "steps")["builds"][0]["ready"]
    limited = assay.environment | {"LD_PRELOAD": str(preloaded(home, NO_PROCESS))}
    (contestant,) = asked(assay, limited, "check")["contestants"]
    assert contestant["state"] == "unknown"
    assert "cannot be started: Resource temporarily unavailable" in contestant["hint"] and "pids.max" in contestant["hint"]
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "latency", "-f", "steps", "--rounds", 1, LD_PRELOAD=limited["LD_PRELOAD"])
    (line,) = [line for line in done.err.splitlines() if "steps/only" in line]
    assert done.code in (3, 4) and "failed" in line and "pids.max" in line and "not set up" not in done.err, done.err


NO_THREAD = """#include <errno.h>
#include <pthread.h>
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) { return EAGAIN; }
"""


def test_a_limit_that_refuses_threads_is_said(assay, home):
    limited = {"LD_PRELOAD": str(preloaded(home, NO_THREAD)), "OPENBLAS_NUM_THREADS": "1"}
    done = assay("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "latency", "-f", "steps", "--rounds", 1, **limited)
    assert done.code == 4 and "no further thread can be started" in done.err and "pids.max" in done.err, done.err


def test_without_home_it_is_the_one_of_the_users_list(assay, home):
    import pwd
    environment = {name: value for name, value in assay.environment.items() if name not in ("HOME", "ASSAY_CACHE", "ASSAY_STORE", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    places = asked(assay, environment, "env")["places"]
    own = pwd.getpwuid(os.geteuid()).pw_dir
    assert places["cache"] == f"{own}/.cache/assay" and places["store"] == f"{own}/.local/share/assay/assay.db"
