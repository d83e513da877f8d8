"""Every key that transformers knows in a config.json, set to a value that matters: the program computes what transformers does with
it, or refuses it by name. The keys are transformers' own (config_keys.py); one that no table has makes test_every_key_has_a_value fail."""

import contextlib
import os

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import config_keys  # noqa: E402
from changed_configs import OTHER, SAME, check_refused, distance, with_config  # noqa: E402
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM  # noqa: E402
from transformers.models.bert import modeling_bert  # noqa: E402
from transformers.models.llama import modeling_llama  # noqa: E402

THETA = {"rope_type": "default", "rope_theta": 50.0}

# How generated text is chosen, what the model is called, how it was trained, in which form outputs are given.
WITHOUT_EFFECT = dict.fromkeys("""
    assistant_confidence_threshold assistant_early_exit assistant_lookbehind bad_words_ids begin_suppress_tokens
    cache_config constraints continuous_batching_config decoder_start_token_id disable_compile
    diversity_penalty do_sample dola_layers encoder_no_repeat_ngram_size encoder_repetition_penalty epsilon_cutoff eta_cutoff
    exponential_decay_length_penalty force_words_ids forced_bos_token_id forced_eos_token_id guidance_scale is_assistant length_penalty
    low_memory max_cache_len max_length max_matching_ngram_size max_new_tokens max_time min_length min_new_tokens min_p
    no_repeat_ngram_size num_assistant_tokens num_assistant_tokens_schedule num_beam_groups num_beams output_logits
    output_scores penalty_alpha prefill_chunk_size prompt_lookup_num_tokens remove_invalid_values renormalize_logits repetition_penalty
    return_dict_in_generate sequence_bias speculation_type stop_strings target_lookbehind temperature token_healing top_h
    top_k top_p typical_p use_mtp
    """.split(), 3) | {
    "assistant_ensemble_weight": 0.5, "cache_implementation": "static", "compile_config": None,  # nothing else can be loaded
    "early_stopping": True, "suppress_tokens": [3],
    "num_return_sequences": 1, "watermarking_config": {"bias": 3.0},
    "_attn_implementation": "eager", "attn_implementation": "eager", "experts_implementation": "eager", "_commit_hash": "0", "name_or_path": "x",
    "transformers_version": "4.0.0", "bos_token_id": 3, "eos_token_id": [3, 4], "pad_token_id": 3, "use_cache": False,
    "base_model_tp_plan": {"layers.*": "rowwise"}, "base_model_pp_plan": {}, "base_model_ep_plan": {}, "base_model_fsdp_plan": {},
    "chunk_size_feed_forward": 1, "id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"a": 0, "b": 1, "c": 2}, "num_labels": 3,
    "problem_type": "regression", "initializer_range": 0.9, "output_hidden_states": True, "output_attentions": True, "return_dict": False,
    "torch_dtype": "bfloat16",  # beside dtype, which the plain model has
}
# What asks for another model, or is a word of transformers' that no config.json should hold.
REFUSED = dict.fromkeys("""
    _auto_class _configuration_file _from_auto _from_model_config _from_pipeline attribute_map base_config_key cache_dir commit_message
    configuration_files extra_config_files extra_files force_download get_text_config gguf_file local_files_only proxies repo_id
    return_unused_kwargs revision standardize_rope_params sub_configs_defaults subfolder token trust_remote_code validate_rope
    """.split(), "anything") | {
    "architectures": ["OtherModel"], "attention_chunk_size": 4, "dtype": "float16", "hidden_act": "quick_gelu",
    "is_causal": False, "is_encoder_decoder": True, "layer_types": ["sliding_attention"], "sliding_window": 4, "model_type": "mamba",
    "per_layer_config": {"0": {"num_attention_heads": 2}},
}


def logits(model, ids):
    return model.lm_head(model.model(ids)[0])


def embedding(model, ids):
    return torch.nn.functional.normalize(model(ids)[0].mean(1), dim=-1)


def bert(source, **options):
    make = BertModel.from_pretrained if isinstance(source, os.PathLike) else BertModel
    return make(source, add_pooling_layer=False, **options)


def llama(source, **options):
    return (LlamaForCausalLM.from_pretrained if isinstance(source, os.PathLike) else LlamaForCausalLM)(source, **options)


class Family:
    """A tiny model of one, and the values of its own keys by what becomes of them. `fresh`: with another form of weights."""

    def __init__(self, config_class, modeling, make, call, numbers, fresh, honoured, without_effect, refused):
        self.config_class, self.make, self.call, self.numbers = config_class, make, call, numbers
        self.known = config_keys.keys_of(config_class, modeling)
        self.fresh = fresh
        self.values = {"honoured": fresh | honoured, "without effect": WITHOUT_EFFECT | without_effect, "refused": REFUSED | refused}

    def cases(self):
        return [(key, value, outcome) for outcome, values in self.values.items() for key, value in values.items()]


FAMILIES = {
    "llama": Family(
        LlamaConfig, modeling_llama, llama, logits,
        dict(hidden_size=32, num_hidden_layers=2, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
             vocab_size=160, rms_norm_eps=1e-5, initializer_range=0.3),
        fresh=dict(hidden_size=24, num_hidden_layers=1, intermediate_size=40, num_attention_heads=2, num_key_value_heads=4, head_dim=6,
                   vocab_size=150, tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
        honoured=dict(rms_norm_eps=0.5, rope_parameters=THETA, rope_scaling=THETA),
        # transformers takes what rope_parameters has before what stands beside them.
        without_effect=dict(rope_theta=50.0, attention_dropout=0.5, max_position_embeddings=16, pretraining_tp=2),
        refused=dict(partial_rotary_factor=0.5)),
    "bert": Family(
        BertConfig, modeling_bert, bert, embedding,
        dict(hidden_size=32, num_hidden_layers=2, intermediate_size=48, num_attention_heads=4, vocab_size=160, max_position_embeddings=140,
             initializer_range=0.3),
        fresh=dict(hidden_size=24, num_hidden_layers=1, intermediate_size=40, vocab_size=150, max_position_embeddings=130, type_vocab_size=3),
        honoured=dict(num_attention_heads=2, layer_norm_eps=0.5),
        without_effect=dict(attention_probs_dropout_prob=0.5, hidden_dropout_prob=0.5, classifier_dropout=0.5, tie_word_embeddings=False),
        refused=dict(is_decoder=True, add_cross_attention=True, embedding_size=16, head_dim=16, rope_parameters=THETA, rope_scaling=THETA,
                     rope_theta=50.0, partial_rotary_factor=0.5)),
}
CASES = [(family, *case) for family, known in FAMILIES.items() for case in known.cases() if case[-1] != "without effect"]

# Inside rope_parameters and rope_scaling.
ROPE_HONOURED = {"rope_theta": 50.0}
ROPE_REFUSED = {
    "rope_type": "proportional", "type": "linear", "factor": 2.0, "attention_factor": 2.0, "beta_fast": 2.0, "beta_slow": 2.0, "long_factor": [2.0],
    "short_factor": [2.0], "high_freq_factor": 4.0, "low_freq_factor": 2.0, "mrope_section": [1, 1, 2], "mscale": 2.0, "mscale_all_dim": 2.0,
    "original_max_position_embeddings": 16, "partial_rotary_factor": 0.5, "truncate": False}


def saved(family, folder, **numbers):
    torch.manual_seed(0)
    model = family.make(family.config_class(**(family.numbers | numbers)))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:  # biases and norms, which begin as zeros and ones
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """family -> the folder of its plain model, made once."""
    folders = {name: saved(family, tmp_path_factory.mktemp(name) / "plain") for name, family in FAMILIES.items()}
    return folders.__getitem__


def theirs(family, folder, ids):
    model = family.make(folder, dtype=torch.float64).eval()
    with torch.no_grad():
        return family.call(model, ids)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_key_has_a_value(name):
    family = FAMILIES[name]
    listed = [key for key, _, _ in family.cases()]
    assert len(listed) == len(set(listed)), "a key has two outcomes"
    assert family.known - set(listed) == set(), "new keys of transformers: give each a value that matters, and see what becomes of it"


def test_every_key_of_rotary_positions_has_a_value():
    assert config_keys.rope_keys(modeling_llama) - set(ROPE_HONOURED | ROPE_REFUSED) == set()


@pytest.mark.parametrize("name, key, value, outcome", CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_key_is_honoured_or_refused(program, plain, ours, tmp_path, name, key, value, outcome):
    family = FAMILIES[name]
    source = saved(family, tmp_path / "fresh", **{key: value}) if key in family.fresh else plain(name)
    folder = with_config(tmp_path / "plain", source, lambda config: config.update({key: value}))
    if outcome == "refused":
        check_refused(program, folder, key)
        return
    result, ids = ours(folder)
    assert distance(theirs(family, folder, ids), result) < SAME
    assert distance(result, ours(plain(name))[0]) > OTHER, "the value does not matter"


@pytest.mark.parametrize("name", FAMILIES)
def test_keys_are_without_effect(plain, ours, tmp_path, name):
    """All at once; who has one is then looked for by halves."""
    family, (before, ids) = FAMILIES[name], ours(plain(name))

    def with_effect(keys):
        folder = with_config(tmp_path / f"{keys[0]}-{len(keys)}", plain(name), lambda config: config.update({key: values[key] for key in keys}))
        with contextlib.suppress(Exception):  # refused, by one of the two: an effect, too
            if distance(ours(folder)[0], before) == 0 and distance(theirs(family, folder, ids), before) < SAME:
                return []
        half = len(keys) // 2
        return with_effect(keys[:half]) + with_effect(keys[half:]) if half else keys

    values = family.values["without effect"]
    assert with_effect(list(values)) == []


def test_a_type_that_would_round_the_weights_is_refused_under_its_old_name_too(program, plain, tmp_path):
    def change(config):
        del config["dtype"]
        config["torch_dtype"] = "bfloat16"

    check_refused(program, with_config(tmp_path / "plain", plain("llama"), change), "torch_dtype")


@pytest.mark.parametrize("place", ["rope_parameters", "rope_scaling"])
@pytest.mark.parametrize("key", sorted(ROPE_HONOURED | ROPE_REFUSED))
def test_a_key_of_rotary_positions_is_honoured_or_refused(program, plain, ours, tmp_path, place, key):
    family = FAMILIES["llama"]
    value = (ROPE_HONOURED | ROPE_REFUSED)[key]
    folder = with_config(tmp_path / "plain", plain("llama"), lambda config: config.update({place: {"rope_type": "default", key: value}}))
    if key in ROPE_REFUSED:
        check_refused(program, folder, key, f"{place}: ")
        return
    result, ids = ours(folder)
    assert distance(theirs(family, folder, ids), result) < SAME
    assert distance(result, ours(plain("llama"))[0]) > OTHER


@pytest.mark.parametrize("scaling", [None, {}, {"rope_type": "default"}, {"type": "default", "rope_theta": 30.0}], ids=str)
@pytest.mark.parametrize("parameters", [None, {}, {"rope_type": "default"}, {"rope_theta": 500.0}], ids=str)
@pytest.mark.parametrize("top", [None, 7000.0])
def test_theta_is_taken_from_where_transformers_takes_it(plain, ours, tmp_path, scaling, parameters, top):
    def change(config):
        config.update(rope_scaling=scaling, rope_parameters=parameters, rope_theta=top)
        for key in ("rope_scaling", "rope_parameters", "rope_theta"):
            if config[key] is None:
                del config[key]

    folder = with_config(tmp_path / "plain", plain("llama"), change)
    result, ids = ours(folder)
    assert distance(theirs(FAMILIES["llama"], folder, ids), result) < SAME
