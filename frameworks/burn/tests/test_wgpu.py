"""The variant for GPUs, on Lavapipe, which every machine has."""

import pytest
from drive import Client, built_runner, exported

pytestmark = pytest.mark.full


@pytest.fixture
def client():
    started = Client(built_runner("burn/wgpu"))
    yield started
    started.close()


def test_finds_lavapipe(client):
    devices = client.ask("describe")["result"]["devices"]
    assert "lavapipe" in [device["name"] for device in devices]


def test_a_second_load_gets_the_threads_that_it_names_or_is_refused(client, tmp_path):
    """Drivers read how many threads they may have once in a process."""
    folder = exported(tmp_path, "latency")
    same = {"variant": "wgpu", "device": "lavapipe", "threads": 1}
    assert client.load(folder, **same)["result"]["threads"] == 1
    client.run(folder, 0)
    assert client.load(folder, **same)["result"]["threads"] == 1
    client.run(folder, 0)
    error = client.load(folder, **(same | {"threads": 2}))["error"]
    assert error["outcome"] == "failed" and "1 threads cannot become" in error["message"]
