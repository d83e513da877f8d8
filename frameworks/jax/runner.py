#!/usr/bin/env python3
"""Assay's runner for JAX: each workload one function, compiled by XLA."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402  (it takes the pipe; JAX comes after)


def make_runner():
    from jax_runner import JaxRunner

    return JaxRunner()


if __name__ == "__main__":
    assay_runner.main(make_runner)
