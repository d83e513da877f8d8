"""CUDA names its threads when it starts, by files of /proc that it opens as new ones. The rules for files allowed writing there and no change of
lengths, so cuInit failed with 304 (OS call failed) in every contestant on a GPU of NVIDIA, and each was `unsupported`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from program import Assay  # noqa: E402


def test_a_runner_may_name_its_threads(tmp_path):
    done = Assay(tmp_path)("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "--rounds", 1, "--json", "-f", "fake/names-itself")
    result = done.result("fake/names-itself")
    assert (result["outcome"], result["verdict"]) == ("ok", "exact"), result["reason"]
