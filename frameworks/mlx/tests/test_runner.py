"""What the MLX runner says of itself, which BLAS multiplies and with how many threads, and where compiled kernels go; tests/conformance has what it
computes."""

import sys

import numpy
import pytest
from drive import exported, write_inputs


def test_describes_itself(client):
    description = client().ask("describe")["result"]
    assert description["framework"] == "MLX" and description["training"] is True
    assert "Attention" in description["operators"] and description["operators"] == sorted(description["operators"])


def test_metal_is_refused_where_there_is_none(client, tmp_path):
    runner = client()
    if any(device["name"] == "metal" for device in runner.ask("describe")["result"]["devices"]):
        pytest.skip("Metal is here")
    error = runner.load(exported(tmp_path, "inference"), variant="metal", device="metal")["error"]
    assert (error["outcome"], error["reason"]) == ("unsupported", "device")


def test_only_its_variants_in_float32(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    assert runner.load(folder, variant="stock", precision="bf16")["error"]["reason"] == "precision"
    assert runner.load(folder, variant="stock", device="cuda")["error"]["reason"] == "device"
    error = runner.load(folder, variant="other")["error"]
    assert error["outcome"] == "failed" and error["message"] == "unknown variant 'other', expected one of openblas, stock, metal"


@pytest.mark.skipif(sys.platform != "linux", reason="OpenBLAS is put under MLX on Linux only")
def test_one_process_has_either_blas(client, tmp_path):
    folder, runner = exported(tmp_path, "inference"), client()
    found = {}
    for variant in ("openblas", "stock", "openblas"):
        assert ("OpenBLAS" in runner.load(folder, variant=variant)["result"]["notes"]) == (variant == "openblas")
        logits = runner.run(folder, 0)["logits"]
        assert found.setdefault(variant, logits).tobytes() == logits.tobytes()
    numpy.testing.assert_allclose(found["openblas"], found["stock"], rtol=1e-3, atol=1e-4)
    assert found["openblas"].tobytes() != found["stock"].tobytes(), "the same order of additions: one BLAS for both"


def product(folder, length):
    """A product of two square matrices."""
    values = [{"name": name, "dtype": "F32", "shape": [length, length], "role": role}
              for name, role in (("x", "input"), ("z", "input"), ("y", "computed"))]
    node = {"name": "y", "op": "MatMul", "inputs": ["x", "z"], "outputs": ["y"], "attributes": {}}
    graph = {"assay_graph": 1, "name": "product", "values": values, "nodes": [node], "outputs": ["y"]}
    numbers = numpy.random.default_rng(0).standard_normal((length, length), numpy.float32)
    return write_inputs(folder, graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": numbers, "z": numbers})


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
@pytest.mark.parametrize("threads", [1, 2])
def test_no_more_threads_compute_than_were_asked_for(client, tmp_path, threads):
    folder, runner = product(tmp_path, 1500), client()
    runner.load(folder, variant="openblas", threads=threads)
    runner.give(folder, [0] * 8)
    before = runner.ticks()
    assert "result" in runner.ask("steps", {"count": 8})
    after = runner.ticks()
    busy = [task for task, ticks in after.items() if ticks - before.get(task, 0) >= 5]
    assert 1 <= len(busy) <= threads and len(after) <= threads + 1, "one thread waits for the others"


def test_compiled_kernels_lie_in_the_cache(client, tmp_path):
    folder, cache, other = exported(tmp_path / "model", "inference"), tmp_path / "cache", tmp_path / "other"
    cache.mkdir()
    other.mkdir()
    runner = client({"TMPDIR": str(other)})
    runner.load(folder, variant="openblas", cache=str(cache))
    runner.run(folder, 0)
    assert list(cache.rglob("*.so")) and not list(other.iterdir())
