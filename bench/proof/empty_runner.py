#!/usr/bin/env python3
"""A runner whose step does nothing: what is left in its samples is the timing loop's own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
import assay_runner  # noqa: E402


class Empty(assay_runner.Runner):
    def describe(self):
        return assay_runner.Description("empty", "0", [{"name": "cpu", "description": ""}])

    def load(self, request):
        return assay_runner.Loaded("f32", request.threads)

    def step(self, inputs):
        pass

    def outputs(self):
        return {}


if __name__ == "__main__":
    assay_runner.main(Empty)
