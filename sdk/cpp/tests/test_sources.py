"""sdk/cpp/sources lists all that a runner's build takes from this tree: a header that is not listed would change without the runner being
compiled again."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LISTED = [line for line in (ROOT / "sdk/cpp/sources").read_text().splitlines() if not line.startswith("#")]


def compiled():
    """The files of the listed folders that a runner's build compiles or includes: tests are not among them."""
    folders = ["sdk/cpp/assay_runner" if one == "sdk/cpp" else one for one in LISTED]
    return [path for one in folders for path in (ROOT / one).rglob("*") if path.suffix in (".cc", ".h") and not path.name.endswith("_test.cc")]


def test_what_they_include_is_listed():
    included = {header for path in compiled() for header in re.findall(r'#include "([^"]+)"', path.read_text())}
    folders = {path: path.startswith("assay_runner/") and "sdk/cpp" or "src/" + path.rpartition("/")[0] for path in included}
    assert "protocol/codec.h" in included
    assert {path: folder for path, folder in folders.items() if folder not in LISTED} == {}


def test_cmake_compiles_what_is_listed():
    text = (ROOT / "sdk/cpp/CMakeLists.txt").read_text()
    assert "file(STRINGS sources" in text and "sdk/cpp" in LISTED
    assert all((ROOT / one).is_dir() for one in LISTED)
