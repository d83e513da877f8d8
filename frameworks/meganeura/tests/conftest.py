"""Finds the runner that `assay setup` has built, and what drives it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "sdk/cpp/tests")]

from drive import Client, built_runner  # noqa: E402


@pytest.fixture(scope="session")
def runner():
    return built_runner(Path(__file__).resolve().parents[1].name)


@pytest.fixture
def client(runner):
    clients = []

    def start():
        clients.append(Client(runner))
        return clients[-1]

    yield start
    for started in clients:
        started.close()
