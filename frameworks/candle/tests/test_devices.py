"""The variants for GPUs are refused where their device is not, before anything is fetched or compiled."""

import pytest
from drive import refused


@pytest.mark.parametrize("variant, reason", [
    ("candle/cuda", "the device cuda needs a GPU by NVIDIA, and this machine shows none"),
    ("candle/metal", "runs only on macos, and this is linux"),
])
def test_a_device_that_is_not_here(variant, reason, tmp_path):
    assert refused(variant, tmp_path / "cache") == f"assay: {variant} cannot run here: {reason}\n"
