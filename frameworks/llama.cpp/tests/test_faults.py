"""What llama.cpp gets wrong on processors (docs/findings.md): a test that turns red says that a newer version has mended it."""

import sys
from pathlib import Path

import numpy
from drive import exported
from test_runner import expected, gguf

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "tests/e2e")]

from checkpoints import llama  # noqa: E402

ROUNDING = 1e-6  # of a model this small


def error_of(runner, folder, model):
    """Of the logits of a prompt, relative, against the standard's own evaluator."""
    folder = exported(folder, "inference", str(model), size="full")
    assert "result" in runner.load(folder, gguf=gguf(folder, str(model), size="full"))
    got, wanted = runner.run(folder, 0)["logits"], expected(folder, 0)["logits"]
    return numpy.linalg.norm(got - wanted) / numpy.linalg.norm(wanted)


def test_gelu_by_tanh_is_a_table_in_half_precision(client, tmp_path):
    """Gemma is no model in float32 there: each activation is looked up by its argument in half precision. With SiLU instead all is right."""
    gemma = llama(tmp_path / "gemma", model_type="gemma", head_dim=4, hidden_activation="gelu_pytorch_tanh")
    assert 20 * ROUNDING < error_of(client(), tmp_path / "given", gemma) < 1e-2
    assert error_of(client(), tmp_path / "other", llama(tmp_path / "llama")) < ROUNDING
