"""The variant for GPUs is refused where their device is not, before anything is fetched or compiled."""

from drive import refused


def test_a_device_that_is_not_here(tmp_path):
    expected = "assay: llama.cpp/cuda cannot run here: the device cuda needs a GPU by NVIDIA, and this machine shows none\n"
    assert refused("llama.cpp/cuda", tmp_path / "cache") == expected
