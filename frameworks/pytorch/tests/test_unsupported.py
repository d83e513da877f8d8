"""What PyTorch cannot do: the smallest graph for each thing, in unsupported/. The runner refuses it with a reason, and PyTorch itself
still does not offer it; when a test here fails, PyTorch has learnt something and the runner should use it."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from assay_runner import read_graph
from torch_graph import build

FOLDER = Path(__file__).resolve().parents[1] / "unsupported"


def max_of_nothing():
    torch.ones((2, 0)).amax(1)


def mean_of_integers():
    torch.ones((2, 3), dtype=torch.int64).mean(1)


def max_pool_with_column_major_indices():
    F.max_pool2d(torch.ones((1, 1, 4, 4)), 2, return_indices=True, storage_order=1)


ATTEMPTS = {attempt.__name__: attempt for attempt in (max_of_nothing, mean_of_integers, max_pool_with_column_major_indices)}


def test_every_graph_has_its_attempt():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(ATTEMPTS)


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_refused_by_the_runner(name):
    graph = read_graph(FOLDER / f"{name}.json")
    program, faults = build(graph, {}, {}, torch.device("cpu"))
    assert program is None and [node.name for node, _ in faults] == [graph.nodes[0].name] and faults[0][1]


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_pytorch_does_not_offer_it(name):
    with pytest.raises((RuntimeError, TypeError, IndexError)):
        ATTEMPTS[name]()
