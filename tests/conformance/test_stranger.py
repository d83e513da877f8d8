"""A folder under frameworks/ that nobody knows is covered as it is: nothing else is edited, and a wrong operator of it is found."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
OPERATORS = ["Add", "Mul", "Relu", "Erf"]

MANIFEST = """name = "{name}"
language = "Python"
licence = "Apache-2.0"

[[variant]]
name = "only"
command = ["{python}", "{{framework}}/runner.py"]
"""
SMALLEST = {
    "assay_graph": 1, "name": "erf",
    "values": [{"name": "x", "dtype": "F32", "shape": [2], "role": "input"}, {"name": "y", "dtype": "F32", "shape": [2], "role": "computed"}],
    "nodes": [{"name": "erf", "op": "Erf", "inputs": ["x"], "outputs": ["y"], "attributes": {}}], "outputs": ["y"],
}


def suite(tmp_path, name, smallest=SMALLEST):
    """The exit code and the output of the suite of operators in a tree with one framework."""
    framework = tmp_path / "frameworks" / name
    (framework / "unsupported").mkdir(parents=True)
    (framework / "framework.toml").write_text(MANIFEST.format(name=name, python=sys.executable))
    shutil.copy(HERE / "stranger.py", framework / "runner.py")
    if smallest:
        (framework / "unsupported" / "other_operators.json").write_text(json.dumps(smallest))
    (tmp_path / "sdk").symlink_to(HERE.parents[1] / "sdk")
    chosen = [word for operator in OPERATORS for word in ("--operator", operator)]
    tests = [*chosen, "-k", "shown_by_a_smallest_graph or still_so", str(HERE / "test_operators.py")]
    environment = os.environ | {"ASSAY_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=environment, timeout=600)
    return done.returncode, done.stdout


def test_it_is_covered(tmp_path):
    code, output = suite(tmp_path, "stranger")
    assert code == 0 and "2 passed" in output, output


@pytest.mark.parametrize("name, smallest, found", [("stranger-wrong", SMALLEST, "Relu: wrong"),
                                                   ("stranger", None, "not an operator of the stranger")])
def test_what_is_wrong_or_not_shown_is_found(tmp_path, name, smallest, found):
    code, output = suite(tmp_path, name, smallest)
    assert code == 1 and found in output, output
