"""A GGUF file of the user's is a model: its keys are honoured or refused by name, its content is its identity, and it runs."""

import json
import subprocess

import numpy
import pytest
from gguf_files import llama_keys, llama_tensors, written
from safetensors.numpy import load_file

RUN = ["-w", "inference", "-f", "fake/honest", "--rounds", 1, "--json"]


@pytest.fixture
def llama(tmp_path):
    """Writes one with other keys, or with more tensors or fewer; its path."""
    def write(name="m.gguf", tensors=None, kind="F32", **keys):
        every = llama_tensors(kind) | (tensors or {})
        return written(tmp_path / name, llama_keys(**keys), {name: tensor for name, tensor in every.items() if tensor is not None})
    return write


def parameters(assay, path, folder):
    """As float32, in a cache of its own: what an earlier program made of the same file is not taken."""
    done = assay("materials", path, "-w", "inference", "--dir", folder, ASSAY_CACHE=str(folder.with_suffix(".cache")))
    assert done.code == 0, done.err
    return load_file(folder / "weights.safetensors")


def test_a_file_is_run_under_a_name_of_its_content(assay, llama):
    first, second = llama("first.gguf"), llama("second.gguf", {"output_norm.weight": numpy.full(256, 2, numpy.float32)})
    done = assay("run", "-m", first, "-m", second, *RUN)
    assert done.code == 0, done.err
    names = [result["model"] for result in done.document["results"]]
    assert [name.split("#")[0] for name in names] == ["first.gguf", "second.gguf"] and names[0][-8:] != names[1][-8:]
    assert f"{first} is {names[0]}" in done.err
    assert [result["outcome"] for result in done.document["results"]] == ["ok", "ok"]
    # Keys that change nothing do not change it, those that do do.
    for name, keys, same in (("a.gguf", {"tokenizer__chat_template": "{{x}}"}, True), ("b.gguf", {"llama__rope__freq_base": 500000.0}, False)):
        made = assay("graph", llama(name, **keys)).out.split("/full/")[0]
        assert (made[-8:] == names[0][-8:]) == same, name


@pytest.mark.parametrize("workload", ["inference", "latency", "training"])
def test_every_workload_of_a_quantised_one_is_judged(assay, llama, workload):
    done = assay("judge", "-m", llama(kind="Q4_K"), "-w", workload, "-f", "fake/honest", "--json")
    assert done.code == 0 and [trial["verdict"] for trial in done.document["results"]] == ["exact"], (done.out, done.err)


def test_queries_and_keys_are_put_in_our_order_and_nothing_else_is(assay, llama, tmp_path):
    tensors = llama_tensors()
    found = parameters(assay, llama(), tmp_path / "out")
    for part, heads in (("q", 4), ("k", 2)):
        stored = tensors[f"blk.1.attn_{part}.weight"]
        expected = stored.reshape(heads, 32, 2, 256).swapaxes(1, 2).reshape(stored.shape)
        numpy.testing.assert_array_equal(found[f"model.layers.1.self_attn.{part}_proj.weight"], expected)
    for ours, stored in (("self_attn.v_proj", "attn_v"), ("mlp.down_proj", "ffn_down"), ("post_attention_layernorm", "ffn_norm")):
        numpy.testing.assert_array_equal(found[f"model.layers.0.{ours}.weight"], tensors[f"blk.0.{stored}.weight"])


def test_a_head_of_its_own_is_one_unless_it_is_the_table(assay, llama, tmp_path):
    table = llama_tensors()["token_embd.weight"]
    assert "lm_head.weight" in parameters(assay, llama(tensors={"output.weight": table + 1}), tmp_path / "own")
    assert "lm_head.weight" not in parameters(assay, llama(tensors={"output.weight": table}), tmp_path / "tied")


def cosines(assay, path):
    graph = assay("graph", path, "-w", "inference", "--tokens", 2, "--json").document
    return next(value for value in graph["values"] if value["name"] == "rope.cos")


def test_what_changes_the_positions_changes_the_graph(assay, llama):
    factors = numpy.linspace(1, 8, 32, dtype=numpy.float32)
    variants = [llama("plain.gguf"), llama("base.gguf", llama__rope__freq_base=500000.0),
                llama("linear.gguf", llama__rope__scaling__type="linear", llama__rope__scaling__factor=4.0),
                llama("untyped.gguf", llama__rope__scaling__factor=3.0),
                llama("yarn.gguf", llama__rope__scaling__type="yarn", llama__rope__scaling__factor=4.0, llama__rope__scaling__original_context_length=128),
                llama("factors.gguf", {"rope_freqs.weight": factors}),
                llama("attention.gguf", {"rope_freqs.weight": factors}, llama__rope__scaling__attn_factor=1.25)]
    seen = [json.dumps(cosines(assay, path)) for path in variants]
    assert len(set(seen)) == len(seen)
    unscaled = llama("none.gguf", llama__rope__scaling__type="none", llama__rope__scaling__factor=4.0)
    assert json.dumps(cosines(assay, unscaled)) == seen[0]


# What is said in the file, and what is said of it.
REFUSED = {
    "experts": ({"llama__expert_count": 8}, "llama.expert_count is 8, expected 0"),
    "scaling": ({"llama__rope__scaling__type": "su"}, "llama.rope.scaling.type is 'su', expected none, linear, yarn or longrope"),
    "unknown": ({"llama__attention__scale": 0.5}, "llama.attention.scale is 0.5, expected no such key"),
    "foreign": ({"prism__hadamard__version": 1}, "prism.hadamard.version is 1, expected no such key"),
    "architecture": ({"general__architecture": "mamba"}, "general.architecture is 'mamba', expected llama, qwen2"),
    "no architecture": ({"general__architecture": None}, "the key general.architecture is missing"),
    "not causal": ({"llama__attention__causal": False}, "llama.attention.causal is false, expected true"),
    "an adapter": ({"general__type": "adapter"}, "general.type is 'adapter', expected model"),
    "a part": ({"split__count": 3}, "split.count is 3, expected 1"),
    "no layers": ({"llama__block_count": 0}, "llama.block_count is 0, expected an integer from 1"),
    "immense layers": ({"llama__block_count": 2_000_000_000}, "llama.block_count is 2000000000, expected no more"),
    "immense heads": ({"llama__attention__key_length": 2_000_000_000, "llama__attention__value_length": 2_000_000_000}, "blk.0.attn_q.weight is [256, 256], expected"),
    "immense width": ({"llama__feed_forward_length": 2_000_000_000}, "blk.0.ffn_gate.weight is [256, 256], expected [2000000000, 256]"),
    "heads": ({"llama__attention__head_count_kv": 3}, "llama.attention.head_count_kv is 3, expected a divisor"),
    "unequal heads": ({"llama__attention__head_count": [4, 2]}, "llama.attention.head_count is a list of 2"),
    "part of a head": ({"llama__rope__dimension_count": 32}, "llama.rope.dimension_count is 32, expected the size of a head, 64"),
    "epsilon": ({"llama__attention__layer_norm_rms_epsilon": -1.0}, "llama.attention.layer_norm_rms_epsilon is -1, expected a positive number"),
    "a text": ({"llama__embedding_length": "wide"}, "llama.embedding_length is 'wide', expected an integer"),
    "base": ({"llama__rope__freq_base": float("inf")}, "llama.rope.freq_base is inf, expected a positive number"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_keys_that_are_not_done_are_refused_by_name(assay, llama, kind):
    keys, message = REFUSED[kind]
    path = llama(**keys)
    done = assay("graph", path, timeout=20)
    assert done.code == 4 and len(done.err.splitlines()) == 1 and f"{path}: " in done.err and message in done.err, (done.code, done.err[:500])


TENSORS = {
    "unknown": ({"blk.0.ffn_gate_inp.weight": numpy.ones((8, 256))}, "tensor blk.0.ffn_gate_inp.weight is not expected"),
    "missing": ({"blk.1.ffn_up.weight": None}, "tensor blk.1.ffn_up.weight is missing, expected [256, 256]"),
    "no table": ({"token_embd.weight": None}, "tensor token_embd.weight is missing"),
    "shape": ({"blk.1.attn_v.weight": numpy.ones((64, 256))}, "tensor blk.1.attn_v.weight is [64, 256], expected [128, 256]"),
    "a small vocabulary": ({"token_embd.weight": numpy.ones((64, 256))}, "tensor token_embd.weight has 64 rows, expected more than 128"),
    "a type": ({"blk.1.attn_v.weight": ((128, 256), 16, b"\0" * 66 * 128)}, "tensor blk.1.attn_v.weight: type IQ2_XXS, which is not read here"),
    "factors": ({"rope_freqs.weight": numpy.ones(4)}, "tensor rope_freqs.weight is [4] of F32, expected [32], one a pair"),
    "negative factors": ({"rope_freqs.weight": -numpy.ones(32)}, "tensor rope_freqs.weight is [32] of F32, expected positive numbers"),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_tensors_that_do_not_fit_are_refused_by_name(assay, llama, kind):
    tensors, message = TENSORS[kind]
    path = llama(tensors=tensors)
    done = assay("graph", path, timeout=20)
    assert done.code == 4 and len(done.err.splitlines()) == 1 and f"{path}: " in done.err and message in done.err, (done.code, done.err[:500])


def test_a_weight_that_is_no_number_is_named(assay, llama, tmp_path):
    tensor = numpy.ones((128, 256), numpy.float32)
    tensor[3, 5] = numpy.nan
    path = llama(tensors={"blk.1.attn_v.weight": tensor})
    done = assay("materials", path, "-w", "inference", "--dir", tmp_path / "out")
    assert done.code == 4 and f"{path}: tensor blk.1.attn_v.weight[3, 5] is nan" in done.err, done.err


def test_a_file_that_is_not_there_or_cut_is_said(assay, llama, tmp_path):
    done = assay("graph", tmp_path / "none.gguf")
    assert done.code == 4 and f"{tmp_path}/none.gguf: cannot be opened" in done.err, done.err
    path = llama()
    path.write_bytes(path.read_bytes()[:-1])
    done = assay("graph", path)
    assert done.code == 4 and "truncated" in done.err and len(done.err.splitlines()) == 1, done.err


def test_our_own_files_are_the_models_that_they_were_written_from(assay, tmp_path):
    """And their files are the same again, bit by bit."""
    words = ["smollm2-135m", "--size", "tiny", "-w", "inference"]
    assert assay("graph", *words, "--gguf", tmp_path / "m.gguf").code == 0
    assert assay("materials", *words, "--dir", tmp_path / "before").code == 0
    before, after = load_file(tmp_path / "before/weights.safetensors"), parameters(assay, tmp_path / "m.gguf", tmp_path / "after")
    assert before.keys() == after.keys() and all(numpy.array_equal(before[name], after[name]) for name in before)
    values = [json.loads((tmp_path / name / "graph.json").read_text()) for name in ("before", "after")]
    assert values[0]["nodes"] == values[1]["nodes"] and values[0]["values"] == values[1]["values"]
    assert assay("graph", tmp_path / "m.gguf", "-w", "inference", "--gguf", tmp_path / "again.gguf").code == 0
    subprocess.run(["cmp", tmp_path / "m.gguf", tmp_path / "again.gguf"], check=True)
