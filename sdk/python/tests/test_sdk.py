"""The parts of the SDK that need no pipe."""

import gc
import json

import numpy
import pytest
from assay_runner import read_graph
from assay_runner.tensors import map_tensors, read_tensors, write_tensors
from assay_runner.timing import time_steps
from conftest import GRAPH


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


def test_tensors_survive_a_round_trip(tmp_path):
    path = tmp_path / "t.safetensors"
    tensors = {
        "f": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
        "i": numpy.array([[1], [-2]], numpy.int64),
        "b": numpy.array([True, False]),
        "scalar": numpy.array(2.5, numpy.float64),
        "turned": numpy.arange(6, dtype=numpy.float32).reshape(2, 3).T,
        "empty": numpy.zeros((0, 4), numpy.float32),
    }
    write_tensors(path, tensors)
    for read in (map_tensors, read_tensors):
        back = read(path)
        assert set(back) == set(tensors)
        for name, array in tensors.items():
            assert back[name].dtype == array.dtype and back[name].shape == array.shape
            numpy.testing.assert_array_equal(back[name], array)
    assert not map_tensors(path)["f"].flags.writeable


def test_the_collector_rests_while_steps_are_timed():
    seen = []
    samples = time_steps(lambda input_set: seen.append((input_set, gc.isenabled())), [1, 0, 1])
    assert seen == [(1, False), (0, False), (1, False)] and len(samples) == 3 and gc.isenabled()


def test_the_collector_works_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        time_steps(lambda input_set: 1 // 0, [0])
    assert gc.isenabled()


def test_the_loop_adds_less_than_a_microsecond_a_step():
    samples = time_steps(lambda input_set: None, [0, 1] * 2000)
    assert sorted(samples)[len(samples) // 2] < 1000
