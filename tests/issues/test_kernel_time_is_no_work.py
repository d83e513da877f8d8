"""An honest runner was called wrong, "work put off to outputs()": the kernel had taken 4 s to write its 538 MB of gradients."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402


def test_outputs_that_keep_the_kernel_busy_are_honest(tmp_path):
    done = Assay(tmp_path)("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json", "-f", "fake/busy-kernel")
    assert done.code == 0, done.err
    result = done.result("fake/busy-kernel")
    assert result["verdict"] == "exact", result["reason"]
