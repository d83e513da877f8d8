"""check_names.py finds the names of frameworks in each place where they may not stand, and only there."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_names

NAME = "tor" + "ch"  # composed: here, too, no framework may be named
FRAMEWORKS = {
    "frameworks/any.cpp/framework.toml": 'name = "any.cpp"\ntitle = "Any Runtime"\n',
    "frameworks/any.cpp/requirements.lock": "# x86-64. Written by sdk/python/lock.py for: --without other anytime==1.0 numpy==2.0\n",
    "frameworks/any.cpp/tests/test_any.py": "import anytime  # any.cpp\n",
    "frameworks/fake/framework.toml": 'name = "fake"\n',
    f"frameworks/{NAME}/framework.toml": f'name = "{NAME}"\n',
}
ALLOWED = {"src/a.cc": f'"{NAME}_dtype"; type.starts_with("{NAME}."); "py{NAME}_model.bin"\n', "tests/b.py": "many.cpp anytimes numpy fake\n",
           "bench/README.md": "any.cpp\n", "bench/results.json": '"any.cpp"\n', "tests/c.lock": "anytime==1.0\n", "docs/page.md": "Any Runtime\n"}


def tree(root, files):
    for name, text in (FRAMEWORKS | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def test_what_may_stand_there_is_no_fault(tmp_path):
    assert list(check_names.faults(tree(tmp_path, ALLOWED))) == []


@pytest.mark.parametrize("name", ["src/a.cc", "tests/b.py", "bench/c/d.sh", "docs/results/generate.py", "tests/CMakeLists.txt"])
@pytest.mark.parametrize("text", ["any.cpp/default", "any_cpp", "Any Runtime's", "import anytime", "ANYTIME", f"{NAME}.float32", f'"{NAME}"'])
def test_a_name_is_found(tmp_path, name, text):
    found = list(check_names.faults(tree(tmp_path, ALLOWED | {name: "first\n" + text + "\n"})))
    assert len(found) == 1 and found[0].startswith(f"{name}:2: "), found
