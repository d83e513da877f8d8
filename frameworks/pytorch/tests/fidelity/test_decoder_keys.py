"""Every key of every decoder's config.json, set to a value that matters: the program computes what transformers does with it, or
refuses it by name. What all model types share is in test_config_keys.py; here is what each has of its own."""

import functools
import importlib
import json

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import config_keys  # noqa: E402
import decoders  # noqa: E402
from changed_configs import OTHER, check_refused, distance, with_config  # noqa: E402
from test_config_keys import REFUSED, WITHOUT_EFFECT  # noqa: E402
from transformers import CONFIG_MAPPING, AutoModelForCausalLM  # noqa: E402

SAME = 1e-4  # softmax of transformers' own attention, in float32
THETA = {"rope_type": "default", "rope_theta": 50.0}
NESTED = {"full_attention": THETA, "sliding_attention": {"rope_type": "default", "rope_theta": 20.0}}
FULL, MIXED = ["full_attention"] * 4, decoders.MIXED

# What all decoders share. A list: several values of a key. Fresh ones need weights of another form.
FRESH = dict(hidden_size=24, num_hidden_layers=2, intermediate_size=40, num_attention_heads=2, num_key_value_heads=4, head_dim=6, vocab_size=150)
HONOURED = dict(rms_norm_eps=0.5, hidden_act=["relu", "gelu", "gelu_pytorch_tanh"])
UNUSED = dict(attention_dropout=0.5, pretraining_tp=2, max_position_embeddings=128)
SHARED = set(REFUSED) | set(WITHOUT_EFFECT) | {"rope_scaling", "rope_parameters", "rope_theta", "partial_rotary_factor"}
LAYERS = {key: FRESH[key] for key in ("num_hidden_layers",)}

TYPES = {
    "mistral": dict(base="mistral", fresh=FRESH | dict(tie_word_embeddings=True),
                    honoured=HONOURED | dict(sliding_window=[5, None], rope_parameters=THETA), refused=dict(attention_bias=True, mlp_bias=True)),
    "qwen2": dict(base="qwen2-windows", fresh=FRESH | dict(tie_word_embeddings=True),
                  honoured=HONOURED | dict(sliding_window=5, layer_types=[MIXED], rope_parameters=THETA), without_effect=dict(max_window_layers=1),
                  refused=dict(attention_bias=False, layer_types=[["full_attention"]], use_sliding_window=False)),
    "qwen3": dict(base="qwen3-windows", fresh=FRESH | dict(tie_word_embeddings=True, attention_bias=False) | LAYERS,
                  honoured=HONOURED | dict(sliding_window=5, layer_types=[FULL], rope_parameters=THETA), without_effect=dict(max_window_layers=1),
                  refused=dict(mlp_bias=True, use_sliding_window=False)),
    "phi3": dict(base="phi3-partial", fresh=FRESH | dict(hidden_size=64, head_dim=16, tie_word_embeddings=True),
                 honoured=HONOURED | dict(sliding_window=[5, None], rope_parameters=THETA | {"partial_rotary_factor": 0.5}),
                 without_effect=dict(resid_pdrop=0.5, embd_pdrop=0.5, original_max_position_embeddings=32),
                 refused=dict(attention_bias=True, mlp_bias=True)),
    "gemma": dict(base="gemma", fresh=FRESH | dict(tie_word_embeddings=False, attention_bias=True),
                  honoured=dict(rms_norm_eps=0.5, hidden_act=["silu", "relu"], rope_parameters=THETA),
                  refused=dict(use_bidirectional_attention=True, hidden_activation="relu")),
    "gemma2": dict(base="gemma2", fresh=FRESH | dict(tie_word_embeddings=False, attention_bias=True),
                   honoured=dict(rms_norm_eps=0.5, hidden_activation=["silu", "relu"], query_pre_attn_scalar=3, sliding_window=5,
                                 layer_types=[FULL, MIXED], final_logit_softcapping=[1.0, None], attn_logit_softcapping=[0.5, None],
                                 rope_parameters=THETA),
                   without_effect=dict(sliding_window_size=3), refused=dict(use_bidirectional_attention=True, hidden_act="relu")),
    "gemma3_text": dict(base="gemma3", fresh=FRESH | dict(tie_word_embeddings=False, attention_bias=True),
                        honoured=dict(rms_norm_eps=0.5, hidden_activation=["silu", "relu"], query_pre_attn_scalar=3, sliding_window=5,
                                      layer_types=[FULL, MIXED], final_logit_softcapping=1.0, rope_parameters=NESTED),
                        without_effect=dict(sliding_window_pattern=3, _sliding_window_pattern=3, rope_local_base_freq=5.0),
                        refused=dict(use_bidirectional_attention=True, attn_logit_softcapping=1.0, hidden_act="relu", image_token_id=3, mm_tokens_per_image=4,
                                     text_config={"hidden_size": 8}, vision_config={"hidden_size": 8})),
    "smollm3": dict(base="smollm3-windows", fresh=FRESH | dict(tie_word_embeddings=False, attention_bias=False, mlp_bias=False),
                    honoured=HONOURED | dict(no_rope_layers=[[0, 1, 1, 0]], sliding_window=5, layer_types=[FULL, MIXED], rope_parameters=THETA),
                    without_effect=dict(no_rope_layer_interval=3, max_window_layers=2), refused=dict(use_sliding_window=False)),
    "granite": dict(base="granite", fresh=FRESH | dict(tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
                    honoured=HONOURED | dict(embedding_multiplier=0.5, attention_multiplier=1.5, residual_multiplier=2.0, logits_scaling=0.5,
                                             rope_parameters=THETA)),
    "olmo2": dict(base="olmo2", fresh=FRESH | dict(tie_word_embeddings=True, attention_bias=True), honoured=HONOURED | dict(rope_parameters=THETA),
                  refused=dict(mlp_bias=True, clip_qkv=8.0)),
    "olmo3": dict(base="olmo3", fresh=FRESH | dict(tie_word_embeddings=True, attention_bias=True),
                  honoured=HONOURED | dict(sliding_window=5, layer_types=[FULL, MIXED], rope_parameters=NESTED), refused=dict(mlp_bias=True)),
}
# What goes with a change of the number of layers, where the file has a list with an entry a layer; what with a change of the heads' size.
WITH = {"num_hidden_layers": ("layer_types", "no_rope_layers"), "hidden_size": (), "num_attention_heads": ()}

ROPES = {
    "linear": dict(rope_type="linear", factor=3.0),
    "dynamic": dict(rope_type="dynamic", factor=3.0),
    "llama3": dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32),
    "yarn": dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=4096),
    "longrope": dict(rope_type="longrope", factor=4.0, original_max_position_embeddings=32, short_factor=[1.0, 1.5, 2.0, 3.0],
                     long_factor=[2.0, 4.0, 6.0, 8.0]),
}
ROPE_KEYS = [
    ("linear", "factor", 5.0), ("dynamic", "factor", 9.0), ("llama3", "factor", 2.0), ("llama3", "low_freq_factor", 0.1),
    ("llama3", "high_freq_factor", 8.0), ("llama3", "original_max_position_embeddings", 4), ("yarn", "factor", 16.0),
    ("yarn", "original_max_position_embeddings", 500), ("yarn", "beta_fast", 2.0), ("yarn", "beta_slow", 0.01), ("yarn", "attention_factor", 2.0),
    ("yarn", "truncate", False), ("yarn", "rope_theta", 20.0), ("longrope", "factor", 30.0), ("longrope", "attention_factor", 2.0),
    ("longrope", "long_factor", [1.0, 1.1, 1.2, 1.3]), ("longrope", "original_max_position_embeddings", 500),
]


SEVERAL = ("hidden_act", "hidden_activation", "sliding_window", "layer_types", "no_rope_layers", "final_logit_softcapping", "attn_logit_softcapping")
cases = functools.partial(config_keys.cases, TYPES, SEVERAL)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """plain(base) -> the folder of its checkpoint, made once."""
    folders = {}

    def get(base):
        if base not in folders:
            folders[base] = tmp_path_factory.mktemp(base) / "plain"
            decoders.make(base).save_pretrained(folders[base])
        return folders[base]

    return get


def theirs(folder, ids):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    with torch.no_grad():
        return model(ids, use_cache=False).logits


def check_honoured(ours, plain_folder, folder):
    result, ids = ours(folder)
    assert distance(theirs(folder, ids), result) < SAME
    assert distance(result, ours(plain_folder)[0]) > OTHER, "the value does not matter"


@pytest.mark.parametrize("name", TYPES)
def test_every_key_has_a_value(name):
    modeling = importlib.import_module(f"transformers.models.{name.removesuffix('_text')}.modeling_{name.removesuffix('_text')}")
    listed = SHARED | set(UNUSED) | {key for kind in ("fresh", "honoured", "without_effect", "refused") for key in TYPES[name].get(kind, {})}
    known = config_keys.keys_of(CONFIG_MAPPING[name], modeling)
    assert known - listed == set(), "new keys of transformers: give each a value that matters, and see what becomes of it"


@pytest.mark.parametrize("name, key, value", cases("honoured"))
def test_a_key_is_honoured(plain, ours, tmp_path, name, key, value):
    source = plain(TYPES[name]["base"])
    check_honoured(ours, source, with_config(tmp_path / "changed", source, lambda config: config.update({key: value})))


@pytest.mark.parametrize("name, key, value", cases("fresh"))
def test_a_size_is_honoured(plain, ours, tmp_path, name, key, value):
    changes = {key: value} | {other: None for other in WITH.get(key, ())}
    decoders.make(TYPES[name]["base"], **changes).save_pretrained(tmp_path / "fresh")
    check_honoured(ours, plain(TYPES[name]["base"]), tmp_path / "fresh")


@pytest.mark.parametrize("name, key, value", cases("refused"))
def test_a_key_is_refused(program, plain, tmp_path, name, key, value):
    folder = with_config(tmp_path / "changed", plain(TYPES[name]["base"]), lambda config: config.update({key: value}))
    done = program.attempt("graph", folder)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "config.json" in done.stderr and "expected" in done.stderr, done.stderr


@pytest.mark.parametrize("name", TYPES)
def test_keys_are_without_effect(plain, ours, tmp_path, name):
    source = plain(TYPES[name]["base"])
    folder = with_config(tmp_path / "changed", source, lambda config: config.update(UNUSED | TYPES[name].get("without_effect", {})))
    before, ids = ours(source)
    assert distance(ours(folder)[0], before) == 0
    assert distance(theirs(folder, ids), before) < SAME


def scaled(folder, source, numbers, place="rope_parameters", old_name=False):
    def change(config):
        told = {"rope_theta": 5000.0} | numbers
        if old_name:
            told["type"] = told.pop("rope_type")
        config.pop("rope_parameters", None)
        config[place] = told
        config["max_position_embeddings"] = 64

    return with_config(folder, source, change)


@pytest.mark.parametrize("kind, place, old_name", [(kind, place, old) for kind in ROPES for place, old in (("rope_parameters", False),
                                                                                                       ("rope_scaling", True))])
def test_a_scaling_of_positions_is_honoured(plain, ours, tmp_path, kind, place, old_name):
    check_honoured(ours, plain("llama"), scaled(tmp_path / "scaled", plain("llama"), ROPES[kind], place, old_name))


@pytest.mark.parametrize("kind, key, value", ROPE_KEYS, ids=lambda value: str(value)[:20])
def test_a_key_of_a_scaling_is_honoured(plain, ours, tmp_path, kind, key, value):
    before = scaled(tmp_path / "before", plain("llama"), ROPES[kind])
    check_honoured(ours, before, scaled(tmp_path / "after", plain("llama"), ROPES[kind] | {key: value}))


@pytest.mark.parametrize("kind", ROPES)
def test_a_key_that_a_scaling_lacks_or_does_not_know_is_refused(program, plain, tmp_path, kind):
    for number, key in enumerate(set(ROPES[kind]) - {"rope_type", "original_max_position_embeddings"}):
        if key == "factor" and kind in ("yarn", "longrope"):
            continue  # follows from the two contexts
        folder = scaled(tmp_path / f"lacks-{number}", plain("llama"), {name: value for name, value in ROPES[kind].items() if name != key})
        check_refused(program, folder, key, "rope_parameters: ")
    check_refused(program, scaled(tmp_path / "more", plain("llama"), ROPES[kind] | {"mrope_section": [1]}), "mrope_section", "rope_parameters: ")


def test_positions_of_old_gemma3_files(plain, ours, tmp_path):
    """rope_theta, rope_local_base_freq and rope_scaling at the top; which layers have a window by sliding_window_pattern."""
    def change(config):
        for key in ("rope_parameters", "layer_types"):
            config.pop(key)
        config.update(rope_theta=3000.0, rope_local_base_freq=70.0, rope_scaling={"rope_type": "linear", "factor": 8.0}, sliding_window_pattern=3)

    check_honoured(ours, plain("gemma3"), with_config(tmp_path / "old", plain("gemma3"), change))


def test_what_is_absent_is_as_in_transformers(plain, ours, tmp_path):
    """Keys that transformers has a default for, taken out of every type's file one by one: the same model as transformers', or refused."""
    seen = 0
    for name, known in TYPES.items():
        source = plain(known["base"])
        for key in json.loads((source / "config.json").read_text()):
            if key in ("model_type", "architectures", "dtype", "transformers_version") or key in WITHOUT_EFFECT:
                continue
            folder = with_config(tmp_path / f"{name}-{key}", source, lambda config, key=key: config.pop(key))
            try:
                result, ids = ours(folder)
            except AssertionError as refused:
                assert "config.json" in str(refused) or "model.safetensors" in str(refused), (name, key, refused)
                continue
            seen += 1
            assert distance(theirs(folder, ids), result) < SAME, (name, key)
    assert seen > 40
