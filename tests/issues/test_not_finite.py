"""One NaN in the weights made every contestant exact, zeros included."""

import json
import math
import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402

MODEL = ["-m", "smollm2-135m", "--size", "tiny"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    done = Assay(folder)("materials", *MODEL[1:], "-w", "inference", "--dir", folder / "files")
    assert done.code == 0, done.err
    return folder / "files/weights.safetensors"


def with_number(source, target, tensor, place, number):
    content = bytearray(source.read_bytes())
    length = struct.unpack_from("<Q", content)[0]
    entry = json.loads(content[8:8 + length])[tensor]
    row, column = place
    struct.pack_into("<f", content, 8 + length + entry["data_offsets"][0] + 4 * (row * entry["shape"][-1] + column), number)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("number, name", [(math.nan, "nan"), (-math.inf, "-inf")])
def test_weights_that_are_not_finite_are_refused(weights, tmp_path, number, name):
    bad = with_number(weights, tmp_path / "bad.safetensors", "model.embed_tokens.weight", (3, 5), number)
    done = Assay(tmp_path)("run", "--rounds", 1, *MODEL, "--weights", bad, "-w", "inference", "-f", "fake/zeros")
    assert done.code == 4, done.err
    assert f"bad.safetensors: tensor model.embed_tokens.weight[3, 5] is {name}" in done.err, done.err


def test_numbers_that_grow_beyond_float32_are_refused(weights, tmp_path):
    bad = with_number(weights, tmp_path / "bad.safetensors", "model.layers.0.mlp.down_proj.weight", (3, 5), 3e38)
    done = Assay(tmp_path)("run", "--rounds", 1, *MODEL, "--weights", bad, "-w", "inference", "-f", "fake/zeros")
    assert done.code == 4 and "nothing can be judged" in done.err, done.err


def test_the_other_cells_are_measured(weights, tmp_path):
    """One truth that could not be had ended the whole run."""
    bad = with_number(weights, tmp_path / "bad.safetensors", "model.norm.weight", (0, 5), 3e37)
    assay = Assay(tmp_path)
    done = assay("run", "--rounds", 1, *MODEL, "--weights", bad, "-w", "training", "-w", "inference", "-f", "fake/honest", "--json")
    assert done.code == 4 and "training was left out" in done.err and "nothing can be judged" in done.err, done.err
    (fault,) = done.document["faults"]
    assert fault["workload"] == "training"
    assert done.document["complete"] is False and "assay run --resume" in done.err
    assert done.result("fake/honest")["workload"] == "inference" and done.result("fake/honest")["verdict"] == "exact"
