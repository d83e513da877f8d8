"""Each liar lies in the way it says, on a graph that the fake computes by itself; framework.toml lists every variant."""

import json
import struct
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

FAKE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FAKE))
import escapes  # noqa: E402
import faults  # noqa: E402
import honest  # noqa: E402
import liars  # noqa: E402
from tensors import read_tensors, write_tensors  # noqa: E402

GRAPH = {
    "assay_graph": 1,
    "name": "echo",
    "values": [],
    "nodes": [
        {"name": "copy", "op": "Identity", "inputs": ["x"], "outputs": ["y"], "attributes": {}},
        {"name": "again", "op": "Identity", "inputs": ["x"], "outputs": ["z"], "attributes": {}},
    ],
    "outputs": ["y", "z"],
}


def floats(*values):
    return ("F32", [2, len(values) // 2], struct.pack(f"<{len(values)}f", *values))


SETS = [floats(1, 2, 3, 4), floats(5, 6, 7, 8)]


class Driver:
    """Plays the core."""

    def __init__(self, variant, folder):
        self.folder = folder
        (folder / "graph.json").write_text(json.dumps(GRAPH))
        write_tensors(folder / "weights", {})
        for index, values in enumerate(SETS):
            write_tensors(folder / f"inputs{index}", {"x": values})
        command = [sys.executable, str(FAKE / "runner.py"), variant]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0

    def ask(self, method, **params):
        self.id += 1
        request = {"assay": 1, "id": self.id, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def load(self):
        inputs = [str(self.folder / f"inputs{index}") for index in (0, 1)]
        paths = {"graph": str(self.folder / "graph.json"), "weights": str(self.folder / "weights"), "cache": str(self.folder)}
        return self.ask("load", inputs=inputs, state=None, onnx=None, gradients=False, threads=1, **paths)

    def answer(self, sets):
        """(set that is claimed, tensors, samples)"""
        samples = self.ask("steps", sets=sets)["result"]["samples_ns"]
        path = self.folder / "outputs"
        claimed = self.ask("outputs", path=str(path))["result"]["set"]
        return claimed, read_tensors(path), samples

    def close(self):
        assert self.ask("close")["result"] == {}
        assert self.process.wait(10) == 0


@pytest.fixture
def driver(tmp_path):
    started = []

    def start(variant):
        started.append(Driver(variant, tmp_path))
        assert "result" in started[0].load()
        return started[0]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        one.process.stdin.close()
        one.process.stdout.close()


def test_honest_is_right_and_closes(driver):
    runner = driver("honest")
    for last in (0, 1):
        claimed, tensors, samples = runner.answer([1 - last, last])
        assert (claimed, tensors) == (last, {"y": SETS[last], "z": SETS[last]})
        assert len(samples) == 2 and all(sample > 0 for sample in samples)
    runner.close()


ZERO = ("F32", [2, 2], bytes(16))
NAN = b"\x00\x00\xc0\x7f"


@pytest.mark.parametrize(
    "variant, expected",
    [
        ("zeros", {"y": ZERO, "z": ZERO}),
        ("zero-gradient", {"y": SETS[1], "z": ZERO}),
        ("first-answer-again", {"y": SETS[0], "z": SETS[0]}),
        ("other-set", {"y": SETS[0], "z": SETS[0]}),
        ("missing-output", {"y": SETS[1]}),
        ("other-shape", {name: ("F32", [4], SETS[1][2]) for name in "yz"}),
        ("not-finite", {name: ("F32", [2, 2], NAN + SETS[1][2][4:]) for name in "yz"}),
        ("lazy", {"y": SETS[1], "z": SETS[1]}),
        ("async", {"y": SETS[1], "z": SETS[1]}),
        ("remembers", {"y": SETS[1], "z": SETS[1]}),
    ],
)
def test_liars_answer_to_the_second_set(driver, variant, expected):
    claimed, tensors, _ = driver(variant).answer([0, 1])
    assert claimed == 1
    assert tensors == expected


def test_wrong_set_claims_the_other_one(driver):
    assert driver("wrong-set").answer([0, 1])[0] == 0


def test_clock_liar_halves_its_times(driver):
    runner = driver("clock-liar")
    start = time.perf_counter_ns()
    samples = runner.answer([0, 1])[2]
    assert 20e6 <= sum(samples) <= (time.perf_counter_ns() - start) / 2


def test_other_seed_keeps_the_elements_and_moves_them(tmp_path):
    class Caught(liars.OtherSeed):
        pass

    write_tensors(tmp_path / "weights", {"w": floats(*range(12))})
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    runner = Caught()
    params = {"graph": str(tmp_path / "graph.json"), "weights": str(tmp_path / "weights"), "cache": str(tmp_path)}
    runner.load({**params, "inputs": [], "gradients": False, "threads": 1})
    moved = struct.unpack("<12f", read_tensors(runner.other_weights)["w"][2])
    assert moved != tuple(range(12)) and sorted(moved) == list(range(12))


def test_framework_toml_lists_every_variant():
    with open(FAKE / "framework.toml", "rb") as file:
        listed = [variant["name"] for variant in tomllib.load(file)["variant"]]
    assert listed == [*honest.VARIANTS, *liars.VARIANTS, *faults.VARIANTS, *escapes.VARIANTS]
