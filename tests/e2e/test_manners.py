"""Exit codes, help, `assay env`, `assay clean`, completion."""

import fcntl
import json
import os
import subprocess
import time

import pytest
from program import PROGRAM, own_cache, preloaded
from suites import contestants, quickest_in_python

TINY = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1]
FRAMEWORK = quickest_in_python()
CONTESTANTS = [name for name, _ in contestants()]
OTHER = next(name.split("/")[0] for name in CONTESTANTS if not name.startswith(FRAMEWORK + "/"))
COMMANDS = ["run", "setup", "check", "limits", "list", "show", "advise", "compare", "history", "gate", "claims", "report", "export", "import", "graph", "materials", "clean",
            "env", "completion"]


@pytest.mark.parametrize("contestants, code", [
    (["fake/honest"], 0),
    (["fake/honest", "fake/zeros", "fake/crash-at-load"], 1),
    (["fake/honest", "fake/crash-at-load"], 3),
    (["fake/honest", "fake/unsupported"], 0),
])
def test_the_exit_code_says_how_a_run_ended(assay, contestants, code):
    done = assay(*TINY, *[word for name in contestants for word in ("-f", name)])
    assert done.code == code, done.err


def test_memory_beyond_the_limit_is_a_failure_with_both_figures(assay):
    done = assay(*TINY, "-f", "fake/eats-memory", "--memory-limit", "500M", "--json")
    result = done.result("fake/eats-memory")
    assert done.code == 3 and result["outcome"] == "failed" and result["reason_code"] == "memory", result
    assert "0.50 GB" in result["reason"] and "used" in result["reason"]


def test_a_full_disk_is_said(assay, tmp_path):
    """A file size limit stands for the disk: the system refuses to write on in the same way."""
    limited = ["bash", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "bash", *assay.command(*TINY, "-f", "fake/honest")]
    done = subprocess.run(limited, env=assay.environment | own_cache(tmp_path), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 4, done.stderr
    message = [line for line in done.stderr.splitlines() if line.startswith("assay: ")]
    assert len(message) == 1 and str(tmp_path) in message[0], done.stderr


FULL_DISK = """
#define _GNU_SOURCE
#include <string.h>
#include <sys/statvfs.h>
static int full(struct statvfs* space) {
  memset(space, 0, sizeof *space);
  space->f_bsize = space->f_frsize = 1;
  return 0;
}
int statvfs(const char* path, struct statvfs* space) { return full(space); }
int statvfs64(const char* path, struct statvfs64* space) { return full((struct statvfs*)space); }
"""


def test_a_disk_without_room_for_answers_is_nobodys_failure(assay, tmp_path):
    done = assay(*TINY, "-f", "fake/honest", LD_PRELOAD=str(preloaded(tmp_path, FULL_DISK)))
    assert done.code == 4 and "the answers of a block with 1 contestants need" in done.err and "assay clean" in done.err, done.err
    assert "failed" not in done.err and "crashed" not in done.err, done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples(assay, command):
    done = assay(command, "--help")
    assert done.code == 0 and "Examples:" in done.out and f"assay {command}" in done.out


def test_the_help_names_every_command(assay):
    lines = assay("--help").out
    assert all(f"  {command} " in lines for command in COMMANDS)
    assert "guard" not in lines and "complete " not in lines


def test_env_is_fit_for_a_bug_report(assay, tmp_path):
    theirs = {"HTTPS_PROXY": "http://me:geheim@proxy:3128", "PIP_INDEX_URL": "https://it:gehe/im@mirror/simple", "CARGO_REGISTRY_TOKEN": "geheim",
              "OMP_NUM_THREADS": "3", "MY_OWN_SECRET": "geheim", "ASSAY_CACHE": str(tmp_path / "cache")}
    for done in (assay("env", **theirs), assay("env", "--json", **theirs)):
        assert done.code == 0, done.err
        assert "gehe" not in done.out and "MY_OWN" not in done.out
        assert all(text in done.out for text in ("***@proxy:3128", "OMP_NUM_THREADS", "g++", FRAMEWORK, str(tmp_path)))
    assert json.loads(done.out)["environment"]["CARGO_REGISTRY_TOKEN"] == "***"


def put(path, size=100_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


@pytest.fixture
def cache(assay, tmp_path):
    """A cache with one of each kind, and the store inside it."""
    folder = tmp_path / "cache"
    assay.environment |= {"ASSAY_CACHE": str(folder), "ASSAY_STORE": str(folder / "store/assay.db")}
    assert assay("show").code == 0
    ready = json.loads(assay("setup", "--json", "--offline", "fake").out)["builds"]
    assert not ready
    put(folder / "frameworks/gone/venv-0123456789abcdef/file")
    put(folder / "frameworks" / FRAMEWORK / "venv-0123456789abcdef/file")
    for name in ("weights/a.safetensors", "models/b/graph.json", "truth/c/t", "gguf/d.gguf", "compiled/e/f/g", "runs/20260101-000000-0000/f", "tools-1/bin"):
        put(folder / name)
    os.link(folder / "weights/a.safetensors", folder / "models/b/weights.safetensors")
    return folder


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_clean_says_what_it_would_remove_and_then_does(assay, cache):
    before = files(cache)
    dry = json.loads(assay("clean", "--dry-run", "--json").out)
    assert files(cache) - before <= {"in-use"} and not any(item["removed"] for item in dry["items"])
    assert {item["kind"] for item in dry["items"]} == {"old build", "models and weights", "truth", "compiled by frameworks", "run left over"}
    assert 700_000 < dry["bytes"] < 900_000, "a file with two names counts once"
    done = assay("clean")
    assert done.code == 0 and "removed" in done.out, done.err
    assert {name for name in files(cache) if not name.startswith("store")} == {"in-use", "tools-1/bin"}
    assert assay("clean").out.startswith("There is nothing to remove")


def test_clean_all_leaves_the_store_alone(assay, cache):
    assert assay("clean", "--all").code == 0
    assert (cache / "store/assay.db").exists() and not (cache / "tools-1").exists()
    assert assay("show").code == 0


def test_clean_never_removes_what_a_running_process_uses(assay, cache):
    run = os.open(cache / "runs/20260101-000000-0000", os.O_RDONLY)
    fcntl.flock(run, fcntl.LOCK_EX)
    put(cache / "frameworks/gone/venv.lock", 0)
    building = os.open(cache / "frameworks/gone/venv.lock", os.O_RDONLY)
    fcntl.flock(building, fcntl.LOCK_EX)
    done = assay("clean", "--all")
    assert done.code == 0 and "still goes on" in done.out and "being set up" in done.out
    assert (cache / "runs/20260101-000000-0000/f").exists() and (cache / "frameworks/gone/venv-0123456789abcdef/file").exists()
    using = os.open(cache / "in-use", os.O_RDONLY)
    fcntl.flock(using, fcntl.LOCK_SH)
    put(cache / "weights/a.safetensors")
    done = assay("clean")
    assert (cache / "weights/a.safetensors").exists() and "uses it" in done.out
    for descriptor in (run, building, using):
        os.close(descriptor)


def test_clean_leaves_what_judging_uses(assay, cache):
    judge = assay.start("judge", "-m", "smollm2-135m", "-w", "inference", "-f", "fake/hang")
    try:
        while not list((cache / "runs").glob("judge-*/*/home")):
            assert judge.poll() is None, judge.communicate()
            time.sleep(0.05)
        done = {item["path"]: item["in_use"] for item in json.loads(assay("clean", "--json").out)["items"]}
        assert [used for path, used in done.items() if "/runs/judge-" in path] == ["the run still goes on"], done
        assert done[str(cache / "weights/a.safetensors")] == "an assay that runs uses it"
    finally:
        judge.kill()
        judge.communicate()


def completed(words):
    """What bash makes of the words, the last one being typed."""
    script = f"""source <("$1" completion bash); shift; COMP_WORDS=("{PROGRAM}" "$@"); COMP_CWORD=$#; _assay; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script, "bash", str(PROGRAM), *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("words, some, none", [
    (["r"], ["run"], ["reference", "setup"]),
    ([""], COMMANDS, ["guard", "judge", "complete"]),
    (["run", "--re"], ["--resume"], ["--rounds"]),
    (["run", "-m", "smollm2-1"], ["smollm2-135m", "smollm2-1.7b"], ["smollm2-360m"]),
    (["run", "--model", "=", "smollm2-3"], ["smollm2-360m"], ["smollm2-135m"]),
    (["run", "-f", FRAMEWORK + "/"], [name for name in CONTESTANTS if name.startswith(FRAMEWORK + "/")], [FRAMEWORK, "fake/honest"]),
    (["run", "-w", ""], ["inference", "latency", "training"], []),
    (["run", "--size", ""], ["full", "tiny"], []),
    (["run", "--json", "--bud"], ["--budget"], []),
    (["setup", FRAMEWORK[:-1]], [FRAMEWORK], [OTHER]),
    (["graph", "smollm2-135m", "--gr"], ["--gradient"], []),
    (["show", "la"], ["last"], []),
    (["completion", ""], ["bash", "zsh", "fish"], []),
    (["import", "h"], ["hf"], ["help"]),
    (["import", "hf", "--ta"], ["--task"], ["--dry-run"]),
    (["nonsense", ""], [], ["run"]),
])
def test_bash_completes(words, some, none):
    answers = completed(words)
    assert set(some) <= set(answers) and not set(none) & set(answers), answers


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_it_can_read(assay, shell):
    done = assay("completion", shell)
    assert done.code == 0 and "complete" in done.out
    if subprocess.run(["which", shell], capture_output=True, check=False).returncode == 0:
        subprocess.run([shell, "-n"], input=done.out, text=True, check=True)
