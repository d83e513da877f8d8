"""GGUF files as other programs write them: any keys, any types, any damage."""

import struct

import numpy

TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q3_K": 11, "Q4_K": 12, "Q5_K": 13,
         "Q6_K": 14, "IQ4_NL": 20, "IQ4_XS": 23, "BF16": 30, "MXFP4": 39}
U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10
# Of one block: its elements, its bytes, and where the halves lie that scale it.
BLOCKS = {"Q4_0": (32, 18, [0]), "Q4_1": (32, 20, [0, 2]), "Q5_0": (32, 22, [0]), "Q5_1": (32, 24, [0, 2]), "Q8_0": (32, 34, [0]),
          "Q2_K": (256, 84, [80, 82]), "Q3_K": (256, 110, [108]), "Q4_K": (256, 144, [0, 2]), "Q5_K": (256, 176, [0, 2]),
          "Q6_K": (256, 210, [208]), "IQ4_NL": (32, 18, [0]), "IQ4_XS": (256, 136, [0]), "MXFP4": (32, 17, []), "F16": (1, 2, [0]),
          "BF16": (1, 2, [0])}


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def value_of(value):
    """With its type: int as u32, float as f32, bool, str, a list of one of these, or bytes as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        entries = [value_of(entry) for entry in value]
        return struct.pack("<I", ARRAY) + (entries[0][:4] if entries else struct.pack("<I", U32)) + struct.pack("<Q", len(value)) + b"".join(entry[4:] for entry in entries)
    if isinstance(value, bool):
        return struct.pack("<IB", BOOL, value)
    if isinstance(value, str):
        return struct.pack("<I", STRING) + text(value)
    return struct.pack("<II", U32, value) if isinstance(value, int) else struct.pack("<If", F32, value)


def info(name, shape, kind, offset):
    return text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", size) for size in reversed(shape)) + struct.pack("<IQ", kind, offset)


def written(path, keys, tensors, version=3, alignment=32):
    """`tensors` are arrays of float32 by their names, or (shape, type, bytes)."""
    infos, data = b"", b""
    for name, tensor in tensors.items():
        shape, kind, content = tensor if isinstance(tensor, tuple) else (tensor.shape, "F32", tensor.astype(numpy.float32).tobytes())
        data += b"\0" * (-len(data) % alignment)
        infos += info(name, shape, TYPES.get(kind, kind), len(data))
        data += content
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys)) + b"".join(text(key) + value_of(value) for key, value in keys.items()) + infos
    path.write_bytes(head + b"\0" * (-len(head) % alignment) + data)
    return path


def drawn_blocks(kind, elements, seed=0):
    """Random bytes of that type whose scales are numbers."""
    size, width, halves = BLOCKS[kind]
    blocks = numpy.random.default_rng(seed).integers(0, 256, (elements // size, width), numpy.uint8)
    for place in halves:
        blocks[:, place + 1] &= 0xBF
    if kind == "MXFP4":
        blocks[:, 0] %= 140
    return blocks.tobytes()


def llama_keys(**more):
    keys = {"general.architecture": "llama", "general.name": "tiny", "general.file_type": 1, "llama.block_count": 2, "llama.context_length": 512,
            "llama.embedding_length": 256, "llama.feed_forward_length": 256, "llama.attention.head_count": 4, "llama.attention.head_count_kv": 2,
            "llama.rope.freq_base": 10000.0, "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.vocab_size": 160,
            "llama.rope.dimension_count": 64, "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": [f"t{i}" for i in range(160)],
            "tokenizer.ggml.scores": [0.0] * 160, "tokenizer.ggml.add_bos_token": False, "general.quantization_version": 2}
    return {key: value for key, value in (keys | {name.replace("__", "."): value for name, value in more.items()}).items() if value is not None}


LLAMA_SHAPES = {"attn_q": (256, 256), "attn_k": (128, 256), "attn_v": (128, 256), "attn_output": (256, 256), "ffn_gate": (256, 256),
                "ffn_up": (256, 256), "ffn_down": (256, 256)}


def llama_tensors(kind="F32"):
    """Every matrix of that type; norms are float32, as quantisers leave them."""
    def matrix(shape, seed):
        if kind == "F32":
            return numpy.random.default_rng(seed).normal(0, 0.06, shape).astype(numpy.float32)
        return (shape, kind, drawn_blocks(kind, shape[0] * shape[1], seed))

    one = numpy.ones(256, numpy.float32)
    tensors = {"token_embd.weight": matrix((160, 256), 1), "output_norm.weight": one}
    for layer in range(2):
        tensors |= {f"blk.{layer}.{name}.weight": one for name in ("attn_norm", "ffn_norm")}
        tensors |= {f"blk.{layer}.{name}.weight": matrix(shape, 10 * layer + i) for i, (name, shape) in enumerate(LLAMA_SHAPES.items())}
    return tensors
