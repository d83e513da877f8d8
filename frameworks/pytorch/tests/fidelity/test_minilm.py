"""minilm-l6 with its published weights: the files are the authors', the embedding is transformers', and in every framework related
sentences lie closer together than unrelated ones. $ASSAY_MINILM names the folder of the checkpoint; ./test puts it in place."""

import contextlib
import hashlib
import os
import re
from pathlib import Path

import pytest
import torch
from contestants import contestants, start
from program import Exported
from safetensors.torch import load_file, save_file

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
from tokenizers import Tokenizer  # noqa: E402
from transformers import BertModel  # noqa: E402

FOLDER = os.environ.get("ASSAY_MINILM")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ASSAY_MINILM is not set to the folder of the published weights")
ROOT = Path(__file__).resolve().parents[4]

# Two topics, two sentences each, all of 8 tokens as the graph of `latency` has them.
TOPICS = {"birds": ("How do birds find home?", "Where do pigeons fly back?"),
          "banks": ("The bank raised interest rates.", "Loans now cost more money.")}
MARGIN = 0.1  # of the cosine
LIMIT = 1e-5  # of two embeddings of length 1, computed in float32


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = Tokenizer.from_file(str(Path(FOLDER) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@pytest.fixture(scope="module")
def question(program, tokenizer, tmp_path_factory):
    """The files of `latency`, and beside them each topic's sentences as input sets TOPIC-0 and TOPIC-1."""
    folder = tmp_path_factory.mktemp("minilm")
    program.run("materials", FOLDER, "-w", "latency", "--dir", folder)
    for topic, sentences in TOPICS.items():
        for i, sentence in enumerate(sentences):
            ids = tokenizer.encode(sentence).ids
            assert len(ids) == 8, sentence
            save_file({"input_ids": torch.tensor([ids])}, folder / f"{topic}-{i}.safetensors")
    return Exported(folder)


@pytest.fixture(scope="module")
def truth(program, question):
    """topic -> the embeddings of its two sentences in float64."""
    def embedding(name):
        out = question.path(f"{name}-truth.safetensors")
        program.run("reference", "--graph", question.path("graph.json"), "--bindings", question.path("weights.safetensors"), "--bindings",
                    question.path(f"{name}.safetensors"), "--out", out, "--scalar", "f64")
        return load_file(out)["sentence_embedding"][0]

    return {topic: [embedding(f"{topic}-{i}") for i in (0, 1)] for topic in TOPICS}


def published_hashes():
    return re.findall(r"^\| `([\w.]+)` \| `([0-9a-f]{64})` \|$", (ROOT / "docs/models.md").read_text(), re.MULTILINE)


def test_the_files_are_the_published_ones():
    assert len(published_hashes()) == 3
    for name, digest in published_hashes():
        assert hashlib.sha256((Path(FOLDER) / name).read_bytes()).hexdigest() == digest, name


def test_the_catalogues_model_takes_them_from_the_cache(program, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache/checkpoints").mkdir(parents=True)
    (tmp_path / "cache/checkpoints/minilm-l6").symlink_to(FOLDER)
    ours = program.export("minilm-l6", "full", "latency", tmp_path / "out").tensors("weights")
    theirs = load_file(Path(FOLDER) / "model.safetensors")
    assert set(theirs) - set(ours) == {"embeddings.position_ids", "pooler.dense.bias", "pooler.dense.weight"}
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def test_ids_are_the_tokenizers(tokenizer):
    text = (ROOT / "src/models/sentences.h").read_text()
    found = re.findall(r'Sentence\{\s*((?:"[^"]*"\s*)+),\s*\{([\d,\s]+)\}', text)
    assert [len(ids.split(",")) for _, ids in found] == [128, 128, 8, 8]
    for quoted, ids in found:
        sentence = "".join(re.findall(r'"([^"]*)"', quoted))
        assert tokenizer.encode(sentence).ids == [int(one) for one in ids.split(",")]


def related_are_closer(embeddings):
    """Each topic's two sentences are closer to each other than to any of the other topic."""
    birds, banks = (torch.stack(list(embeddings[topic])) for topic in TOPICS)
    unrelated = (birds @ banks.T).max()
    return all(first @ second > unrelated + MARGIN for first, second in (birds, banks))


def test_embeds_as_transformers_does(question, truth):
    bert = BertModel.from_pretrained(FOLDER).double().eval()
    for topic, ours in truth.items():
        for i, embedding in enumerate(ours):
            with torch.no_grad():
                states = bert(question.tensors(f"{topic}-{i}")["input_ids"]).last_hidden_state
            assert (torch.nn.functional.normalize(states.mean(1), dim=-1)[0] - embedding).norm() < 1e-12
    assert related_are_closer(truth)


@pytest.mark.parametrize("contestant", contestants("latency"), ids="/".join)
def test_in_every_framework_related_sentences_are_closer(question, truth, contestant):
    runner, changes = start(*contestant, question.folder)
    embeddings = {}
    with contextlib.closing(runner):
        reply = runner.load(question.folder, **changes)
        assert "result" in reply, reply
        for topic in TOPICS:
            files = [question.path(f"{topic}-{i}.safetensors") for i in (0, 1)]
            embeddings[topic] = [torch.tensor(runner.run(question.folder, file)["sentence_embedding"][0]) for file in files]
    assert related_are_closer(embeddings)
    for topic, exact in truth.items():
        assert (torch.stack(embeddings[topic]).double() - torch.stack(exact)).norm() < LIMIT
