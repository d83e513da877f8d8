"""`assay judge --graphs`: what is wrong with a folder is said."""

import json
import subprocess

import numpy
import pytest
from contestants import PROGRAM
from cases import made
from safetensors.numpy import save_file


def gate(folder, *words):
    return subprocess.run([PROGRAM, "judge", "--graphs", folder, "-f", "fake/honest", "--json", *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)


@pytest.fixture
def case(tmp_path):
    made("relu", "Relu", {"x": numpy.array([1, -2], numpy.float32)}, (2,)).write(tmp_path)
    return tmp_path


def test_each_graph_is_judged(case):
    made("neg", "Neg", {"x": numpy.array([1, -2], numpy.float32)}, (2,)).write(case)
    done = gate(case)
    assert [(trial["model"], trial["verdict"]) for trial in json.loads(done.stdout)["results"]] == [("neg", "exact"), ("relu", "exact")], done.stderr


@pytest.mark.parametrize("tensors, said", [({"x": numpy.zeros(3, numpy.float32)}, "expected x, F32 [2]"), ({}, "expected x"),
                                           ({"x": numpy.zeros(2, numpy.float32), "z": numpy.zeros(2)}, "no inputs of the graph")])
def test_inputs_that_do_not_fit_are_named(case, tensors, said):
    save_file(tensors, case / "relu/inputs-1.safetensors")
    done = gate(case)
    assert done.returncode != 0 and said in done.stderr and "inputs-1.safetensors" in done.stderr


def test_a_folder_without_graphs_is_said(tmp_path):
    done = gate(tmp_path)
    assert done.returncode != 0 and "graph.json" in done.stderr


def test_a_mutant_that_is_not_there_is_said():
    done = subprocess.run([PROGRAM, "judge", "-f", "fake/honest", "--mutants", "--mutant", "dance"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode != 0 and "dance" in done.stderr
