"""A graph of Gemma 3 that is shorter than its windows has no mask that tells which layers slide, but still two bases of rotary positions: as GGUF
all layers were written with the first one's base."""

import json
import sys
from pathlib import Path

import numpy
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from gguf_files import written  # noqa: E402
from program import Assay  # noqa: E402

LAYERS = 7  # the sixth sees everything
SHAPES = {"attn_norm": (16,), "attn_q": (16, 16), "attn_k": (8, 16), "attn_v": (8, 16), "attn_output": (16, 16), "attn_q_norm": (4,),
          "attn_k_norm": (4,), "post_attention_norm": (16,), "ffn_norm": (16,), "ffn_gate": (24, 16), "ffn_up": (24, 16),
          "ffn_down": (16, 24), "post_ffw_norm": (16,)}


@pytest.fixture
def gemma3(tmp_path):
    keys = {"block_count": LAYERS, "context_length": 512, "embedding_length": 16, "feed_forward_length": 24, "attention.head_count": 4,
            "attention.head_count_kv": 2, "attention.key_length": 4, "attention.value_length": 4, "attention.layer_norm_rms_epsilon": 1e-6,
            "rope.freq_base": 1e6, "attention.sliding_window": 256}
    noise = numpy.random.default_rng(0)
    tensors = {"token_embd.weight": noise.normal(0, 0.2, (160, 16)), "output_norm.weight": numpy.ones(16)}
    for layer in range(LAYERS):
        tensors |= {f"blk.{layer}.{name}.weight": noise.normal(0, 0.2, shape) for name, shape in SHAPES.items()}
    return written(tmp_path / "m.gguf", {"general.architecture": "gemma3"} | {f"gemma3.{key}": value for key, value in keys.items()}, tensors)


def tables(assay, path):
    """The cosines that each layer's queries are turned by."""
    graph = assay("graph", path, "-w", "inference", "--json").document
    values = {value["name"]: value for value in graph["values"]}
    return [json.dumps(values[node["inputs"][1]]["data"]) for node in graph["nodes"] if node["op"] == "RotaryEmbedding" and node["name"].endswith("query")]


def test_both_bases_are_written(tmp_path, gemma3):
    assay = Assay(tmp_path)
    before = tables(assay, gemma3)
    assert len(before) == LAYERS and len(set(before)) == 2 and before.count(before[5]) == 1
    done = assay("graph", gemma3, "-w", "inference", "--gguf", tmp_path / "again.gguf")
    assert done.code == 0, done.err
    assert tables(assay, tmp_path / "again.gguf") == before
