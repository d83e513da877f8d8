"""The variant for GPUs is refused where their device is not, before anything is fetched; the other has no such device."""

import pytest
from assay_runner import Unsupported
from devices import use_device
from drive import refused


def test_a_device_that_is_not_here(tmp_path):
    expected = "assay: jax/cuda cannot run here: the device cuda needs a GPU by NVIDIA, and this machine shows none\n"
    assert refused("jax/cuda", tmp_path / "cache") == expected


def test_a_device_that_these_packages_do_not_have():
    with pytest.raises(Unsupported, match="no device cuda: this JAX offers cpu"):
        use_device("cuda")
