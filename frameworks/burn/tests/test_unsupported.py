"""What Burn cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it, and Burn's traits of operations
have no function for it; when a test here fails, Burn has learnt something and the runner should use it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from drive import write_inputs

FRAMEWORK = Path(__file__).resolve().parents[1]
GRAPHS = sorted((FRAMEWORK / "unsupported").glob("*.json"))
# What would have to be among Burn's operations.
ABSENT = {"average_pool_of_four_dimensions": r"fn avg_pool[34]d\b", "conv_of_four_dimensions": r"fn conv4d\b",
          "conv_transpose_of_four_dimensions": r"fn conv_transpose4d\b", "max_pool_of_four_dimensions": r"fn max_pool[34]d\b",
          "places_of_maxima_in_three_dimensions": r"fn max_pool3d_with_indices\b"}


def test_every_graph_has_its_function():
    assert {path.stem for path in GRAPHS} == ABSENT.keys()


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_refused_by_the_runner(client, tmp_path, path):
    graph = json.loads(path.read_text())
    folder = write_inputs(tmp_path, graph, {}, {})
    error = client().load(folder)["error"]
    assert error["reason"] == "operator"
    assert [node["node"] for node in error["nodes"]] == [graph["nodes"][0]["name"]]


def sources(crate):
    """Where Cargo keeps a crate of the lock. Of this platform only: those of others were never fetched where nothing else uses Cargo."""
    platform = subprocess.run(["rustc", "--print", "host-tuple"], capture_output=True, text=True, check=True).stdout.strip()
    command = ["bash", str(FRAMEWORK.parents[1] / "sdk/rust/cargo.sh"), "metadata", "--format-version", "1", "--offline", "--filter-platform", platform]
    done = subprocess.run(command, cwd=FRAMEWORK, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    return Path(next(one["manifest_path"] for one in json.loads(done.stdout)["packages"] if one["name"] == crate)).parent


@pytest.fixture(scope="module")
def operations():
    return "".join(path.read_text() for path in (sources("burn-backend") / "src/backend/ops").rglob("*.rs"))


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_not_among_burns_operations(operations, name):
    assert all(f"fn {known}" in operations for known in ("conv3d(", "max_pool2d_with_indices("))
    assert not re.search(ABSENT[name], operations)
