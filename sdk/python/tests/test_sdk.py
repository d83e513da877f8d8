"""The parts of the SDK that need no pipe."""

import gc
import json
import weakref

import numpy
import pytest
from assay_runner import DTYPES, Value, read_graph
from assay_runner.tensors import map_tensors, read_sets, read_tensors, write_tensors
from assay_runner.timing import Collector, time_parts, time_steps
from conftest import GRAPH
from safetensors.numpy import load_file, save_file


def test_graph_is_read(tmp_path):
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(GRAPH))
    graph = read_graph(path)
    assert [node.op for node in graph.nodes] == ["Mul", "ReduceSum"]
    assert graph.nodes[0].input(0) == "x" and graph.nodes[0].input(7) is None and graph.nodes[0].output(1) is None
    numpy.testing.assert_array_equal(graph.constant("axes"), [0, 1])
    assert [value.name for value in graph.trainable()] == ["w"]
    assert graph.values["loss"].shape == ()


def test_another_version_is_refused(tmp_path):
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(dict(GRAPH, assay_graph=2)))
    with pytest.raises(ValueError, match="graph.json"):
        read_graph(path)


TENSORS = {
    "f": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
    "i": numpy.array([[1], [-2]], numpy.int64),
    "b": numpy.array([True, False]),
    "scalar": numpy.array(2.5, numpy.float64),
    "turned": numpy.arange(6, dtype=numpy.float32).reshape(2, 3).T,
    "empty": numpy.zeros((0, 4), numpy.float32),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
EXPECTED = {name: (NAMES[array.dtype], array.shape) for name, array in TENSORS.items()}


def test_tensors_survive_a_round_trip(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, EXPECTED, TENSORS)
    for read in (map_tensors, read_tensors, load_file):
        back = read(path)
        assert set(back) == set(TENSORS)
        for name, array in TENSORS.items():
            assert back[name].dtype == array.dtype and back[name].shape == array.shape
            numpy.testing.assert_array_equal(back[name], array)
    assert not map_tensors(path)["f"].flags.writeable


def test_each_tensor_is_asked_for_once_and_when_its_turn_comes(tmp_path):
    """So that a copy of one lies in memory at a time."""

    class OneAtATime(dict):
        def __getitem__(self, name):
            gone = self.last and self.last()
            assert gone is None, "the one before is still held"
            array = super().__getitem__(name).copy()
            self.last = weakref.ref(array)
            self.asked.append(name)
            return array

    tensors = OneAtATime(TENSORS)
    tensors.last, tensors.asked = None, []
    write_tensors(tmp_path / "t.safetensors", EXPECTED, tensors)
    assert tensors.asked == list(EXPECTED)


def test_a_tensor_that_is_not_as_announced_is_named(tmp_path):
    for wrong in (numpy.zeros(6, numpy.float32), numpy.zeros((2, 3))):
        with pytest.raises(ValueError, match="tensor 'f' is F(32 .6.|64 .2, 3.), the graph says F32 .2, 3."):
            write_tensors(tmp_path / "t.safetensors", EXPECTED, {**TENSORS, "f": wrong})


def test_sets_have_aligned_memory_of_their_own(tmp_path):
    path = tmp_path / "inputs.safetensors"
    stacked = {"x": numpy.arange(30, dtype=numpy.float32).reshape(5, 2, 3), "ids": numpy.arange(5), "none": numpy.zeros((5, 0), numpy.float32)}
    save_file(stacked, path)
    values = [Value("ids", "I64", (), "input"), Value("none", "F32", (0,), "input"), Value("x", "F32", (2, 3), "input")]
    sets = list(read_sets(path, 5, values))
    path.unlink()
    for place, arrays in enumerate(sets):
        assert set(arrays) == set(stacked)
        for name, array in arrays.items():
            numpy.testing.assert_array_equal(array, stacked[name][place])
            assert array.dtype == stacked[name].dtype and array.shape == stacked[name].shape[1:]
            assert array.ctypes.data % 64 == 0 or not array.size
            assert array.flags.c_contiguous and array.flags.writeable
    sets[0]["x"][:] = -1
    assert sets[1]["x"][0, 0] == 6


def test_sets_that_are_cut_short_are_named(tmp_path):
    path = tmp_path / "inputs.safetensors"
    save_file({"x": numpy.zeros((2, 3), numpy.float32)}, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="within tensor 'x'"):
        list(read_sets(path, 2, [Value("x", "F32", (3,), "input")]))


def test_the_collector_rests_while_steps_are_timed():
    seen = []
    samples = Collector().without(time_steps, lambda inputs: seen.append((inputs, gc.isenabled())), ["a", "b"])
    assert seen == [("a", False), ("b", False)] and len(samples) == 2 and gc.isenabled()


def test_the_collector_works_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        Collector().without(time_steps, lambda inputs: 1 // 0, [0])
    assert gc.isenabled()


def test_what_a_load_and_its_first_steps_make_is_never_walked_through_again():
    collector, kept = Collector(), []
    collector.before_load()
    kept.append([])
    collector.after_load()
    collector.without(lambda: kept.append([]))
    try:
        assert not any(one is kept[0] or one is kept[1] for one in gc.get_objects())
        collector.without(lambda: kept.append([]))
        assert any(one is kept[2] for one in gc.get_objects()), "what later steps leave behind is collected"
    finally:
        gc.unfreeze()


def test_the_loop_adds_less_than_a_microsecond_a_step():
    samples = time_steps(lambda inputs: None, [None] * 4000)
    assert sorted(samples)[len(samples) // 2] < 1000


def test_the_parts_of_a_step_are_timed_one_after_the_other():
    samples, parts = time_parts(lambda count: iter([None] * count), [2, 3])
    assert len(samples) == 2 and len(parts) == 5 and min(parts) >= 0
    assert sum(parts[:2]) <= samples[0] and sum(parts[2:]) <= samples[1]
