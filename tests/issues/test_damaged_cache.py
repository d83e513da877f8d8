"""Cached weights with one wrong bit made every honest runner wrong until `assay clean`; a yardstick times 1e5 let wrong answers pass."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay, own_cache  # noqa: E402

ARGUMENTS = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "latency", "--rounds", 1, "--json", "-f", "fake/honest"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    done = Assay(folder)(*ARGUMENTS, **own_cache(folder))
    assert done.code == 0, done.err
    assert "damaged" not in done.err
    return folder / "cache"


def kept(cache):
    return [path for place in ("weights", "models", "truth", "limits") for path in (cache / place).rglob("*")
            if path.is_file() and path.suffix != ".seal"]


def damage(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    with path.open("r+b") as file:  # in place: other names of the same file see it too
        file.write(content)


def test_every_file_that_is_kept_has_a_seal(cache):
    assert kept(cache)
    assert [path for path in kept(cache) if not path.with_name(path.name + ".seal").exists() and
            not (path.name == "weights.safetensors" and path.parent.parent.name == "models")] == []


def test_damaged_files_are_made_anew_and_the_run_says_so(cache, tmp_path):
    shutil.copytree(cache, tmp_path / "cache")
    files = [path for path in kept(tmp_path / "cache") if path.parent.name != "limits"]
    names = {path.name: path for path in files}.values()
    for path in names:
        damage(path)
    done = Assay(tmp_path)(*ARGUMENTS, ASSAY_CACHE=str(tmp_path / "cache"))
    assert done.code == 0, done.err
    assert done.result("fake/honest")["verdict"] == "exact", done.result("fake/honest")["reason"]
    said = [line for line in done.err.splitlines() if "damaged: it is made anew" in line]
    for path in names:
        if path.name != "weights.safetensors":  # the other name of one in weights/
            assert any(str(path) in line for line in said), (path, done.err)
    again = Assay(tmp_path)(*ARGUMENTS, ASSAY_CACHE=str(tmp_path / "cache"))
    assert again.code == 0 and "damaged" not in again.err, again.err
