"""JSON nested 200,000 deep ended the core with a signal; pipes were waited for without end; what was no file was replaced by one; a store that
could only be read, and names that are no UTF-8, could not be shown."""

import json
import os
import resource
import struct
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay, preloaded  # noqa: E402

TINY = ["-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]
CONFIG = {"model_type": "llama", "hidden_size": 64}
NO_JSON = {
    "deep": ("[" * 200_000, "nested too deep"),
    "deep in an object": ('{"a": ' * 200_000, "nested too deep"),
    "nan": ('{\n  "model_type": "llama",\n  "rms_norm_eps": NaN\n}', "line 3, column 19: not JSON: NaN, which Python writes"),
    "infinity": ('{"a": -Infinity}', "not JSON: -Infinity, which Python writes"),
    "comment": ('{\n  // what\n}', "line 2, column 3: not JSON: a comment"),
    "comma": ('{\n  "a": 1,\n}', "line 3, column 1: not JSON: a comma after the last item"),
    "cut off": ('{"a": [1, 2', "line 1, column 12: not JSON: the text ends too early"),
    "empty": ("", "there is nothing"),
}


@pytest.fixture
def assay(tmp_path):
    return Assay(tmp_path)


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    return folder


@pytest.mark.parametrize("kind", NO_JSON)
def test_a_config_that_is_no_json_is_said_with_its_place(assay, checkpoint, kind):
    text, message = NO_JSON[kind]
    (checkpoint / "config.json").write_text(text)
    done = assay("graph", checkpoint)
    assert done.code == 4 and f"{checkpoint}/config.json" in done.err and message in done.err, (done.code, done.err[:500])


@pytest.mark.parametrize("kind", NO_JSON)
def test_a_graph_that_is_no_json_is_said_with_its_place(assay, tmp_path, kind):
    text, message = NO_JSON[kind]
    (tmp_path / "mine.json").write_text(text)
    done = assay("graph", tmp_path / "mine.json")
    assert done.code == 4 and f"{tmp_path}/mine.json" in done.err and message in done.err, (done.code, done.err[:500])


@pytest.mark.parametrize("header", ['{"a": ' * 200_000, '{"__metadata__": ' + "[" * 200_000])
def test_a_header_nested_deep_is_said(assay, tmp_path, header):
    weights = tmp_path / "deep.safetensors"
    weights.write_bytes(struct.pack("<Q", len(header)) + header.encode())
    done = assay("run", *TINY, "-f", "fake/honest", "--weights", weights)
    assert done.code == 4 and "deep.safetensors: header" in done.err and "nested too deep" in done.err, (done.code, done.err[:500])


def test_pipes_are_not_waited_for(assay, checkpoint, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    done = assay("graph", tmp_path / "pipe.json", timeout=20)
    assert done.code == 4 and "not a regular file" in done.err
    (checkpoint / "config.json").unlink()
    os.mkfifo(checkpoint / "config.json")
    assert "not a regular file" in assay("graph", checkpoint, timeout=20).err
    (checkpoint / "config.json").unlink()
    (checkpoint / "config.json").write_text(json.dumps(CONFIG))
    os.mkfifo(checkpoint / "model.safetensors")
    assert "not a regular file" in assay("graph", checkpoint, timeout=20).err
    os.mkfifo(tmp_path / "weights.safetensors")
    assert "not a regular file" in assay("run", *TINY, "-f", "fake/honest", "--weights", tmp_path / "weights.safetensors", timeout=60).err


@pytest.mark.parametrize("option", ["--gguf", "--onnx"])
def test_what_is_no_file_is_not_replaced(assay, tmp_path, option):
    ending = option.replace("--", ".")
    pipe = tmp_path / f"pipe{ending}"
    os.mkfifo(pipe)
    link = tmp_path / f"link{ending}"
    link.symlink_to(pipe.name)
    for target in (pipe, link):
        done = assay("graph", "smollm2-135m", "--size", "tiny", option, target, timeout=60)
        assert done.code == 4 and "is no regular file, and so is not replaced" in done.err, done.err
        assert pipe.is_fifo() and link.is_symlink()


def test_pipes_where_the_core_writes_are_not_waited_for(tmp_path):
    done = Assay(tmp_path)("run", *TINY, "--rounds", 1, "--json", "-f", "fake/pipe-beside-tensor-file", timeout=120)
    assert done.code == 0 and done.result("fake/pipe-beside-tensor-file")["verdict"] == "exact", (done.code, done.err)


# Cuts a file off as soon as it is mapped, as another process may at that moment.
CUTS = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  void *(*real)(void *, size_t, int, int, int, off_t) = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  void *mapped = real(at, size, protection, flags, file, offset);
  char link[64], path[4096] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  if (file >= 0 && readlink(link, path, sizeof path - 1) > 0 && strstr(path, getenv("CUT"))) truncate(path, 0);
  return mapped;
}
void *mmap64(void *at, size_t size, int protection, int flags, int file, off_t offset) { return mmap(at, size, protection, flags, file, offset); }
"""


def test_an_answer_that_is_cut_off_while_it_is_judged_ends_nobody(tmp_path):
    library = preloaded(tmp_path, CUTS)
    done = Assay(tmp_path)("run", *TINY, "--rounds", 1, "--json", "-f", "fake/honest", LD_PRELOAD=str(library), CUT="/answer-")
    assert done.code == 0 and done.result("fake/honest")["verdict"] == "exact", (done.code, done.err)


def test_a_file_of_the_users_that_is_cut_off_is_said(assay, tmp_path):
    assert assay("materials", *TINY[1:4], "--dir", tmp_path / "materials").code == 0
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes((tmp_path / "materials/weights.safetensors").read_bytes())
    library = preloaded(tmp_path, CUTS)
    done = assay("materials", *TINY[1:4], "--dir", tmp_path / "again", "--weights", weights, LD_PRELOAD=str(library), CUT="/mine.")
    assert done.code == 4 and "was cut off" in done.err, (done.code, done.err)


def test_lists_without_end_are_refused_before_they_are_built(assay):
    assert assay("judge", "--json", *TINY[:2], "-w", "inference", "-f", "fake/honest", timeout=120).code == 0
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = assay("judge", "--json", *TINY[:2], "-w", "inference", "-f", "fake/empty-lists", timeout=120)
    (trial,) = done.document["results"]
    assert trial["outcome"] == "failed" and "more than 1000000 lists and objects" in trial["reason"], trial
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < before + 100_000, "KiB"


def test_names_that_are_not_utf8_are_printed_with_replacement(assay, tmp_path):
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.makedirs(odd + b"/frameworks/gone/venv-0123456789abcdef")
    environment = {os.fsencode(name): os.fsencode(value) for name, value in assay.environment.items()}
    environment |= {b"ASSAY_CACHE": odd, b"ASSAY_STORE": odd + b"/store.db"}

    def asked(*arguments):
        done = subprocess.run(assay.command(*arguments), env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    assert asked("clean", "--dry-run", "--json")["items"][0]["path"].endswith("caf\ufffd/frameworks/gone/venv-0123456789abcdef")
    assert asked("env", "--json")["places"]["cache"].endswith("caf\ufffd")
    assert asked("check", "--json")["contestants"] and asked("show", "--json")["runs"] == []
    done = subprocess.run(assay.command("run", *TINY, "-f", "fake/honest", "--rounds", "1"), env=environment, capture_output=True, check=False)
    assert done.returncode == 4 and b"is not UTF-8" in done.stderr, done.stderr


def test_a_store_that_can_only_be_read_is_shown(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    assay = Assay(folder)
    run = ["run", *TINY, "--rounds", 1, "-f", "fake/honest"]
    assert assay(*run).code == 0
    (newest,) = assay("show", "--json").document["runs"]
    assay.prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"', "sh"]
    if subprocess.run([*assay.prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    assert assay("show", "--json").document["runs"] == [newest]
    assert assay("show", "last", "--json").document["run"] == newest["run"], "with all it has"
    assert newest["run"] in assay("complete", "show", "").out
    done = assay(*run)
    assert done.code == 4 and "cannot be written" in done.err, done.err


def test_python_variables_do_not_reach_runners(tmp_path):
    done = Assay(tmp_path)("run", *TINY, "--rounds", 1, "--json", "-f", "fake/honest", PYTHONOPTIMIZE="2", PYTHONSAFEPATH="1", PYTHONWARNINGS="error")
    assert done.code == 0 and done.result("fake/honest")["verdict"] == "exact", done.err
    assert {"PYTHONOPTIMIZE", "PYTHONSAFEPATH", "PYTHONWARNINGS"} <= set(done.document["unset_environment"])
