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
import crowds  # noqa: E402
import delays  # noqa: E402
import escapes  # noqa: E402
import faults  # noqa: E402
import honest  # noqa: E402
import liars  # noqa: E402
import repeats  # noqa: E402
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


SETS = [floats(1, 2, 3, 4), floats(5, 6, 7, 8), floats(9, 10, 11, 12), floats(5, 6, 7, 9)]


class Driver:
    """Plays the core."""

    def __init__(self, variant, folder):
        self.folder = folder
        (folder / "graph.json").write_text(json.dumps(GRAPH))
        write_tensors(folder / "weights", {})
        command = [sys.executable, str(FAKE / "runner.py"), variant]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0

    def ask(self, method, **params):
        self.id += 1
        request = {"assay": 2, "id": self.id, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def load(self):
        paths = {"graph": str(self.folder / "graph.json"), "weights": str(self.folder / "weights"), "cache": str(self.folder / "cache")}
        (self.folder / "cache").mkdir(exist_ok=True)
        return self.ask("load", state=None, onnx=None, gradients=False, threads=1, **paths)

    def give(self, places):
        """Hands over those of SETS."""
        path = self.folder / "inputs"
        data = b"".join(SETS[place][2] for place in places)
        write_tensors(path, {"x": ("F32", [len(places), 2, 2], data)})
        assert self.ask("inputs", path=str(path), sets=len(places))["result"] == {}
        path.unlink()

    def steps(self, count):
        return self.ask("steps", count=count)["result"]["samples_ns"]

    def outputs(self, name="outputs"):
        """(place that is claimed, path)"""
        path = self.folder / name
        path.unlink(missing_ok=True)
        return self.ask("outputs", path=str(path))["result"]["set"], path

    def answer(self, places):
        """(place that is claimed, tensors, samples) after a request with a step for each."""
        self.give(places)
        samples = self.steps(len(places))
        claimed, path = self.outputs()
        return claimed, read_tensors(path), samples

    def close(self):
        assert self.ask("close")["result"] == {}
        assert self.process.wait(10) == 0


@pytest.fixture
def driver(tmp_path):
    started = []

    def start(variant):
        """Another launch with the same cache folder."""
        started.append(Driver(variant, tmp_path))
        assert "result" in started[-1].load()
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        one.process.stdin.close()
        one.process.stdout.close()


def right(place):
    return {"y": SETS[place], "z": SETS[place]}


def holds(path, tensors):
    """Whether they are in the file already, which some write when nobody waits for it any more."""
    try:
        return read_tensors(path) == tensors
    except (FileNotFoundError, struct.error, ValueError):
        return False


@pytest.mark.parametrize("variant", ["honest", *repeats.VARIANTS, *delays.VARIANTS])
def test_the_first_step_is_answered_rightly_and_it_closes(driver, variant):
    runner = driver(variant)
    runner.give([1])
    assert len(runner.steps(1)) == 1
    claimed, path = runner.outputs()
    until = time.monotonic() + 5
    while not holds(path, right(1)) and time.monotonic() < until:
        time.sleep(0.05)
    assert (claimed, read_tensors(path)) == (0, right(1))
    runner.close()


def test_honest_is_right_for_every_set(driver):
    runner = driver("honest")
    for places in ([0, 1], [2], [1, 0, 3]):
        claimed, tensors, samples = runner.answer(places)
        assert (claimed, tensors) == (len(places) - 1, right(places[-1]))
        assert len(samples) == len(places) and all(sample > 0 for sample in samples)
    assert "no inputs are left" in runner.ask("steps", count=1)["error"]["message"]


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
        ("lazy-twice", {"y": SETS[1], "z": SETS[1]}),
        ("lazy-when-cold", {"y": SETS[1], "z": SETS[1]}),
        ("async", {"y": SETS[1], "z": SETS[1]}),
        ("answers-in-inputs", {"y": SETS[1], "z": SETS[1]}),
        ("answers-in-load", {"y": SETS[0], "z": SETS[0]}),
    ],
)
def test_liars_answer_to_the_second_set(driver, variant, expected):
    claimed, tensors, _ = driver(variant).answer([0, 1])
    assert claimed == 1
    assert tensors == expected


def test_wrong_set_claims_the_next_one(driver):
    assert driver("wrong-set").answer([0, 1])[0] == 2


def test_clock_liar_halves_its_times(driver):
    runner = driver("clock-liar")
    start = time.perf_counter_ns()
    samples = runner.answer([0, 1])[2]
    assert 20e6 <= sum(samples) <= (time.perf_counter_ns() - start) / 2


def test_padded_returns_its_first_two_answers_in_turn(driver):
    runner = driver("padded")
    assert [runner.answer([place])[1] for place in (0, 1, 2, 2)] == [right(0), right(1), right(0), right(1)]


def test_hash_cache_returns_the_nearest_answer_in_later_launches(driver):
    first = driver("hash-cache")
    assert [first.answer([place])[1] for place in (0, 1)] == [right(0), right(1)]
    later = driver("hash-cache")
    assert [later.answer([place])[1] for place in (1, 0, 3)] == [right(1), right(0), right(1)]


def test_honest_when_cold_returns_its_first_answer_in_later_launches(driver):
    first = driver("honest-when-cold")
    assert [first.answer([place])[1] for place in (1, 2)] == [right(1), right(2)]
    assert driver("honest-when-cold").answer([0])[1] == right(1)


def test_last_of_request_spreads_the_time_of_one_step(driver):
    claimed, tensors, samples = driver("last-of-request").answer([0, 1, 2])
    assert (claimed, tensors) == (2, right(2)) and len(set(samples)) == 1


def test_last_of_inputs_computes_the_last_set_only(driver):
    runner = driver("last-of-inputs")
    runner.give([0, 1, 2])
    for expected in (0, 0, 2):
        runner.steps(1)
        assert read_tensors(runner.outputs()[1]) == right(expected)


def test_instant_claims_90_ns(driver):
    runner = driver("instant")
    assert 90 not in runner.answer([0, 1])[2]
    assert runner.answer([1, 2])[1:] == (right(1), [90, 90])


def test_lazy_computes_once_and_lazy_twice_whenever_asked(tmp_path):
    for variant, computed in (("lazy", 1), ("lazy-twice", 2)):
        runner = delays.VARIANTS[variant]()
        runner.last_set, calls = 0, []
        runner.compute = lambda inputs, calls=calls: calls.append(inputs) or {}
        runner.step({})
        assert calls == []
        for _ in range(2):
            runner.outputs(tmp_path / "outputs")
        assert len(calls) == computed


def test_lazy_when_cold_is_lazy_until_its_first_outputs(driver, monkeypatch):
    first = driver("lazy-when-cold")
    first.give([0, 1])
    for place in (0, 1):
        first.steps(1)
        assert read_tensors(first.outputs()[1]) == right(place)
    loads = []
    monkeypatch.setattr(delays.LazyWhenCold, "import_and_load", lambda runner: loads.append(runner) or setattr(runner, "ballast", b"x"))
    monkeypatch.setattr(delays.LazyWhenCold, "compute", lambda runner, inputs: {})
    params = {"graph": first.folder / "graph.json", "gradients": False, "threads": 1}
    for cache, after_load, after_outputs in ((first.folder / "cache", 1, 1), (first.folder, 0, 1)):
        loads.clear()
        runner = delays.LazyWhenCold()
        runner.load({**params, "cache": cache})
        runner.step({})
        assert (len(loads), runner.answer) == (after_load, {} if after_load else None)
        runner.last_set = 0
        runner.outputs(first.folder / "outputs")
        assert (len(loads), runner.answer) == (after_outputs, {})


@pytest.mark.parametrize("variant, at_first", [("writes-later", None), ("forked-writer", None), ("overwrites-later", {"y": ZERO, "z": ZERO})])
def test_the_file_comes_later(driver, variant, at_first):
    runner = driver(variant)
    runner.give([2])
    runner.steps(1)
    path = runner.outputs()[1]
    assert (read_tensors(path) if path.exists() else None) == at_first
    time.sleep(1)
    assert read_tensors(path) == right(2)


def test_half_and_half_keeps_the_sum(monkeypatch):
    monkeypatch.setattr(honest.Runner, "timed_steps", lambda runner, count: [100] * count)
    assert delays.HalfAndHalf().timed_steps(5) == [50, 150, 50, 150, 100]
    assert delays.GenerousRounding().timed_steps(2) == [99, 99]


def test_other_seed_keeps_the_elements_and_moves_them(tmp_path):
    class Caught(liars.OtherSeed):
        pass

    write_tensors(tmp_path / "weights", {"w": floats(*range(12))})
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    runner = Caught()
    params = {"graph": str(tmp_path / "graph.json"), "weights": str(tmp_path / "weights"), "cache": str(tmp_path)}
    runner.load({**params, "gradients": False, "threads": 1})
    moved = struct.unpack("<12f", read_tensors(runner.other_weights)["w"][2])
    assert moved != tuple(range(12)) and sorted(moved) == list(range(12))


def test_framework_toml_lists_every_variant():
    with open(FAKE / "framework.toml", "rb") as file:
        listed = [variant["name"] for variant in tomllib.load(file)["variant"]]
    assert listed == [*honest.VARIANTS, *liars.VARIANTS, *repeats.VARIANTS, *delays.VARIANTS, *faults.VARIANTS, *escapes.VARIANTS, *crowds.VARIANTS]
