#!/usr/bin/env python3
"""Parity of the Candle runner, interleaved, against candle-transformers' own Llama and Whisper, unmodified, on the same version of Candle.

    python frameworks/candle/parity/parity.py --assay build/release/assay [--only prefill,…] [--rounds 4] [--blocks 6]

Needs numpy and safetensors, and `assay setup candle`; the other side takes some minutes to compile, once. candle-transformers' Llama has the head of the
last position only, our workload that of all: the other side multiplies as many rows more by the head. Before anything is timed both must give
the same logits, of a prompt those of the last position. Whisper is compared at full size only: its miniature has narrower branches than candle-transformers
allows. candle-transformers' Whisper has GELU by tanh and computes the encoder's positions instead of loading them: here ours has the same.
"""

import json
import random
import sys
from pathlib import Path

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "bench/parity"))
import cargo  # noqa: E402
import interleave  # noqa: E402
import pairing  # noqa: E402
import results  # noqa: E402
import script  # noqa: E402

# name: (model, workload)
CASES = {"prefill": ("smollm2-135m", "inference"), "decode": ("smollm2-135m", "latency"), "whisper": ("whisper-tiny", "inference")}
POSITIONS = "model.encoder.embed_positions.weight"
REQUIRED = {"prefill", "decode", "whisper"}  # the cases that a committed result at full size must be of
OPEN = set()


class LastPosition(interleave.RunnerSide):
    """The runner, of whose logits only the last position's are compared."""

    def outputs(self, path):
        super().outputs(path)
        save_file({"logits": load_file(path)["logits"][:, -1:].copy()}, path)


def exported(case, arguments, folder):
    directory = pairing.exported(arguments, *CASES[case], folder)
    if case == "whisper" and not (directory / "changed").exists():
        as_candle_has_whisper(directory)
    return directory


def sinusoids(length, width):
    """The positions of the encoder as candle-transformers computes them, in float32 step by step."""
    step = numpy.log(numpy.float32(10000)) / numpy.float32(width // 2 - 1)
    frequencies = numpy.exp(numpy.arange(width // 2, dtype=numpy.float32) * -step)
    angles = numpy.arange(length, dtype=numpy.float32)[:, None] * frequencies
    return numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], 1)


def as_candle_has_whisper(directory):
    """Changes an exported Whisper to what candle-transformers' computes."""
    graph, weights = directory / "graph.json", directory / "weights.safetensors"
    changed = json.loads(graph.read_text())
    for node in changed["nodes"]:
        if node["op"] == "Gelu":
            node["attributes"]["approximate"] = "tanh"
    tensors = load_file(weights)
    tensors[POSITIONS] = sinusoids(*tensors[POSITIONS].shape)
    for path in (graph, weights):
        path.unlink()  # may be a second name of a file in the cache
    graph.write_text(json.dumps(changed))
    save_file(tensors, weights)
    (directory / "changed").touch()


def config(case, directory):
    """The numbers of the model as candle-transformers wants them, from the graph and the shapes of its weights."""
    nodes = json.loads((directory / "graph.json").read_text())["nodes"]
    attention = next(node["attributes"] for node in nodes if node["op"] == "Attention")
    with safe_open(directory / "weights.safetensors", "numpy") as file:
        shape = {name: file.get_slice(name).get_shape() for name in file.keys()}

    def layers(prefix):
        return len({name[len(prefix):].split(".")[0] for name in shape if name.startswith(prefix)})

    if case == "whisper":
        width = shape["model.decoder.embed_tokens.weight"][1]
        return {"num_mel_bins": shape["model.encoder.conv1.weight"][1], "max_source_positions": shape["model.encoder.embed_positions.weight"][0],
                "d_model": width, "encoder_attention_heads": attention["q_num_heads"], "encoder_layers": layers("model.encoder.layers."),
                "vocab_size": shape["model.decoder.embed_tokens.weight"][0],
                "max_target_positions": shape["model.decoder.embed_positions.weight"][0],
                "decoder_attention_heads": attention["q_num_heads"], "decoder_layers": layers("model.decoder.layers."), "suppress_tokens": []}
    vocabulary, width = shape["model.embed_tokens.weight"]
    return {"hidden_size": width, "intermediate_size": shape["model.layers.0.mlp.gate_proj.weight"][0], "vocab_size": vocabulary,
            "num_hidden_layers": layers("model.layers."), "num_attention_heads": attention["q_num_heads"],
            "num_key_value_heads": attention["kv_num_heads"], "rms_norm_eps": 1e-5, "rope_theta": 100000.0, "max_position_embeddings": 2048,
            "tie_word_embeddings": True}


def measure(case, arguments, folder):
    program, other, directory = pairing.runner(arguments, "candle"), cargo.compiled(HERE), exported(case, arguments, folder)

    def start():
        command = [other, case, json.dumps(config(case, directory)), directory / "weights.safetensors", *pairing.inputs(directory)]
        kind = LastPosition if case == "prefill" else interleave.RunnerSide
        return {"runner": pairing.side(program, arguments, directory, kind=kind),
                "candle-transformers": interleave.PlainSide(command, {"RAYON_NUM_THREADS": str(arguments.threads)})}

    blocks, agreement, versions = pairing.blocks_of(case, arguments, start, random.Random(arguments.seed), folder, only={"logits"})
    theirs = "candle-transformers' " + ("Whisper" if case == "whisper" else "Llama")
    return {"case": case, "workload": CASES[case][1], "ours": "candle/default@cpu", "theirs": theirs, "versions": versions, "agreement": agreement,
            "ratio": results.ratio(arguments.assay, blocks, "runner", "candle-transformers"), "blocks": blocks}


if __name__ == "__main__":
    script.run(__file__, __doc__, CASES, measure)
