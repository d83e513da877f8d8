"""What quantised tensors of GGUF stand for: bit by bit what ggml's own dequantize_row functions make of the same blocks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from drive import PROGRAM, built_runner
from safetensors.numpy import load_file

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "tests/e2e")]

from gguf_files import BLOCKS, TYPES, drawn_blocks, llama_keys, llama_tensors, written  # noqa: E402

# Of a type by its number: blocks in, floats out.
SOURCE = r"""
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <iostream>
#include <vector>
#include "ggml.h"
int main(int, char** argv) {
  const auto type = static_cast<ggml_type>(std::atoi(argv[1]));
  const std::vector<char> blocks{std::istreambuf_iterator<char>(std::cin), {}};
  std::vector<float> result(blocks.size() / ggml_type_size(type) * ggml_blck_size(type));
  ggml_get_type_traits(type)->to_float(blocks.data(), result.data(), static_cast<int64_t>(result.size()));
  return std::fwrite(result.data(), sizeof(float), result.size(), stdout) == result.size() ? 0 : 1;
}
"""


@pytest.fixture(scope="module")
def dequantised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ggml")
    home = Path((built_runner("ggml").parent / "libraries.txt").read_text().strip())
    (folder / "main.cc").write_text(SOURCE)
    headers = next(path.parent for path in home.rglob("ggml.h"))
    subprocess.run(["c++", "-std=c++17", folder / "main.cc", "-I", headers, home / "lib/libggml-base.a", "-lpthread", "-ldl", "-lm",
                    "-o", folder / "main"], check=True)

    def run(kind, blocks):
        done = subprocess.run([folder / "main", str(TYPES[kind])], input=blocks, capture_output=True, check=True)
        return numpy.frombuffer(done.stdout, numpy.float32)
    return run


def in_halves(rows, heads):
    """A llama's queries and keys lie as neighbours in a file."""
    return rows.reshape(heads, -1, 2, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_same_bits(dequantised, tmp_path, kind):
    tensors = llama_tensors(kind)
    path = written(tmp_path / "model.gguf", llama_keys(), tensors)
    own = os.environ | {"ASSAY_CACHE": str(tmp_path / "cache")}  # what an earlier program made of the same file is not taken
    subprocess.run([PROGRAM, "materials", path, "-w", "inference", "--dir", tmp_path / "out"], check=True, capture_output=True, env=own)
    weights = load_file(tmp_path / "out/weights.safetensors")
    for ours, stored, heads in (("embed_tokens", "token_embd", 0), ("layers.1.mlp.down_proj", "blk.1.ffn_down", 0),
                                ("layers.0.self_attn.v_proj", "blk.0.attn_v", 0), ("layers.1.self_attn.q_proj", "blk.1.attn_q", 4),
                                ("layers.0.self_attn.k_proj", "blk.0.attn_k", 2)):
        shape, _, blocks = tensors[f"{stored}.weight"]
        expected = dequantised(kind, blocks).reshape(shape)
        expected = in_halves(expected, heads) if heads else expected
        numpy.testing.assert_array_equal(weights[f"model.{ours}.weight"].view(numpy.uint32), expected.view(numpy.uint32), err_msg=stored)


def counted(blocks, kind, dequantised):
    """A sum that every bit and every place changes."""
    bits = dequantised(kind, blocks).view(numpy.uint32).astype(numpy.uint64)
    return int((bits * numpy.arange(1, bits.size + 1, dtype=numpy.uint64)).sum(dtype=numpy.uint64))


def congruent(count):
    """Bytes of a linear congruential generator, as src/gguf/blocks_test.cc draws them."""
    state, result = 0, bytearray()
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        result.append(state >> 56)
    return result


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_unit_tests_sums_are_ggmls(dequantised, kind):
    """src/gguf/blocks_test.cc asks for these sums where there is no ggml."""
    text = (Path(__file__).resolve().parents[3] / "src/gguf/blocks_test.cc").read_text()
    _, width, halves = BLOCKS[kind]
    blocks = congruent(16 * width)
    for block in range(16):
        for place in halves:
            blocks[block * width + place + 1] &= 0xBF
        if kind == "MXFP4":
            blocks[block * width] %= 140
    assert f'"{kind}", {counted(bytes(blocks), kind, dequantised)}U' in text
