"""Puts the runner and the SDK on the path; without JAX there is nothing to test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax", reason="JAX is not installed in this Python")

FRAMEWORK = Path(__file__).resolve().parents[1]
PROGRAM = Path(os.environ.get("ASSAY_BINARY", FRAMEWORK.parents[1] / "build/release/assay"))
sys.path[:0] = [str(FRAMEWORK), str(FRAMEWORK.parents[1] / "sdk" / "python"), str(FRAMEWORK.parents[1] / "sdk" / "cpp" / "tests")]


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """exported(workload) -> the folder of the smallest language model, written once."""
    folders = {}

    def get(workload):
        if workload not in folders:
            folders[workload] = tmp_path_factory.mktemp(workload)
            command = [PROGRAM, "materials", "smollm2-135m", "--size", "tiny", "-w", workload, "--dir", folders[workload]]
            subprocess.run(command, check=True, capture_output=True)
        return folders[workload]

    return get
