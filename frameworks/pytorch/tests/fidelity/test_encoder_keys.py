"""Every key of every encoder's config.json, set to a value that matters: the program computes what transformers does with it, or
refuses it by name. What all model types share is in test_config_keys.py; here is what each has of its own."""

import functools
import importlib
import json

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed in this Python")
import config_keys  # noqa: E402
import encoders  # noqa: E402
from changed_configs import check_refused, distance, with_config  # noqa: E402
from test_config_keys import REFUSED, WITHOUT_EFFECT  # noqa: E402
from transformers import CONFIG_MAPPING, AutoModel, AutoModelForMaskedLM  # noqa: E402

# transformers computes angles, and ModernBERT's softmax, in float32. The two forms of GELU are what differs least.
SAME, OTHER = 5e-5, 1e-4
THETA = {"rope_type": "default", "rope_theta": 50.0}
NESTED = {"full_attention": THETA, "sliding_attention": {"rope_type": "linear", "factor": 3.0, "rope_theta": 20.0}}
LAYERS = ["full_attention", "full_attention", "sliding_attention", "full_attention"]

# A list: several values of a key. Fresh ones need weights of another form.
FRESH = dict(hidden_size=24, num_hidden_layers=2, intermediate_size=40, vocab_size=150, max_position_embeddings=140)
HONOURED = dict(layer_norm_eps=0.5, num_attention_heads=2)
ACTIVATIONS = ["gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh", "sigmoid", "mish", "hardswish", "leaky_relu"]
DROPOUT = dict(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5, classifier_dropout=0.5)
DECODER = dict(is_decoder=True, add_cross_attention=True)
OTHER_FORMS = dict(hidden_act=["quick_gelu", "gelu_fast", "relu2"], tie_word_embeddings=False, embedding_size=16)
SHARED = set(REFUSED) | set(WITHOUT_EFFECT) | {"rope_scaling", "rope_parameters", "rope_theta", "partial_rotary_factor"}

ROTARY = {key: value for key, value in FRESH.items() if key != "max_position_embeddings"}

TYPES = {
    "bert": dict(fresh=FRESH | dict(type_vocab_size=3), honoured=HONOURED | dict(hidden_act=ACTIVATIONS), without_effect=DROPOUT,
                 refused=DECODER | OTHER_FORMS | dict(head_dim=16, type_vocab_size=0, rope_parameters=THETA)),
    "roberta": dict(fresh=FRESH | dict(type_vocab_size=3), honoured=HONOURED | dict(hidden_act=ACTIVATIONS, pad_token_id=[0, 5, 127]), without_effect=DROPOUT,
                    refused=DECODER | OTHER_FORMS | dict(head_dim=16, pad_token_id=[None, -1, 160], type_vocab_size=0, rope_parameters=THETA,
                                                        position_embedding_type="relative_key")),
    "xlm-roberta": dict(fresh={}, honoured=HONOURED | dict(hidden_act="tanh", pad_token_id=5), without_effect=DROPOUT, refused=DECODER | OTHER_FORMS | dict(head_dim=16, type_vocab_size=0)),
    "camembert": dict(fresh={}, honoured=HONOURED | dict(hidden_act="tanh", pad_token_id=5), without_effect=DROPOUT, refused=DECODER | OTHER_FORMS | dict(head_dim=16, type_vocab_size=0)),
    "distilbert": dict(fresh=dict(dim=24, n_layers=2, hidden_dim=40, vocab_size=150, max_position_embeddings=140),
                       honoured=dict(n_heads=2, activation=ACTIVATIONS),
                       without_effect=dict(dropout=0.5, attention_dropout=0.5, qa_dropout=0.5, seq_classif_dropout=0.5, sinusoidal_pos_embds=True),
                       refused=dict(activation=["quick_gelu", "gelu_fast"], hidden_size=24, num_hidden_layers=2, num_attention_heads=2, layer_norm_eps=0.5,
                                    type_vocab_size=2, tie_word_embeddings=False, head_dim=16)),
    "modernbert": dict(fresh=ROTARY | dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, decoder_bias=False),
                       honoured=dict(norm_eps=0.5, num_attention_heads=2, hidden_activation=ACTIVATIONS, classifier_activation=ACTIVATIONS,
                                     local_attention=[0, 1, 2, 9], layer_types=LAYERS, rope_parameters=NESTED),
                       without_effect=dict(attention_dropout=0.5, embedding_dropout=0.5, mlp_dropout=0.5, classifier_dropout=0.5, classifier_pooling="mean",
                                           cls_token_id=3, sep_token_id=3, initializer_cutoff_factor=3.0, deterministic_flash_attn=True, reference_compile=False,
                                           sparse_prediction=True, sparse_pred_ignore_index=-7, layer_norm_eps=0.5, max_position_embeddings=140,
                                           global_attn_every_n_layers=2),  # beside layer_types, which the plain model has
                       refused=dict(hidden_activation=["quick_gelu", "gelu_fast"], classifier_activation="quick_gelu", tie_word_embeddings=False, head_dim=12,
                                    sliding_window=4, rope_scaling={"rope_type": "linear", "factor": 2.0}, rope_theta=50.0, rope_parameters=THETA)),
    "nomic_bert": dict(fresh=ROTARY | dict(type_vocab_size=3, head_dim=12, num_attention_heads=2),
                       honoured=dict(layer_norm_eps=0.5, hidden_act=["gelu", *(one for one in ACTIVATIONS if one not in ("silu", "swish"))], rope_parameters=THETA),
                       without_effect=DROPOUT | dict(max_position_embeddings=140), refused=OTHER_FORMS | dict(default_theta=50.0, partial_rotary_factor=0.5)),
}
SEVERAL = ("hidden_act", "activation", "hidden_activation", "classifier_activation", "pad_token_id", "local_attention")
# A number of heads that the saved file would contradict, and lists with an entry a layer.
WITH = {"num_hidden_layers": {"layer_types": None}, "hidden_size": {"head_dim": None}, "num_attention_heads": {"head_dim": None}}
BASES = {"nomic_bert": "nomic"}


cases = functools.partial(config_keys.cases, TYPES, SEVERAL)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """plain(model type, masked_lm) -> the folder of its checkpoint, made once."""
    folders = {}

    def get(name, masked_lm=True):
        if (name, masked_lm) not in folders:
            folders[name, masked_lm] = tmp_path_factory.mktemp(name) / "plain"
            encoders.make(BASES.get(name, name), masked_lm).save_pretrained(folders[name, masked_lm])
        return folders[name, masked_lm]

    return get


def theirs(folder, ids):
    masked_lm = "MaskedLM" in json.loads((folder / "config.json").read_text())["architectures"][0]
    model = (AutoModelForMaskedLM if masked_lm else AutoModel).from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    (output,) = encoders.outputs(model, ids).values()
    return output


def check_honoured(ours, plain_folder, folder):
    result, ids = ours(folder)
    assert distance(theirs(folder, ids), result) < SAME
    assert distance(result, ours(plain_folder)[0]) > OTHER, "the value does not matter"


@pytest.mark.parametrize("name", TYPES)
def test_every_key_has_a_value(name):
    folder = name.replace("-", "_")
    modeling = importlib.import_module(f"transformers.models.{folder}.modeling_{folder}")
    shared = SHARED | (set(FRESH) | {"type_vocab_size"} if name in ("xlm-roberta", "camembert") else set())
    listed = shared | {key for kind in ("fresh", "honoured", "without_effect", "refused") for key in TYPES[name].get(kind, {})}
    known = config_keys.keys_of(CONFIG_MAPPING[name], modeling)
    assert known - listed == set(), "new keys of transformers: give each a value that matters, and see what becomes of it"


@pytest.mark.parametrize("name, key, value", cases("honoured"))
def test_a_key_is_honoured(plain, ours, tmp_path, name, key, value):
    source = plain(name)
    check_honoured(ours, source, with_config(tmp_path / "changed", source, lambda config: config.update({key: value})))


@pytest.mark.parametrize("name, key, value", cases("fresh"))
def test_a_size_is_honoured(plain, ours, tmp_path, name, key, value):
    encoders.make(BASES.get(name, name), True, **{key: value} | WITH.get(key, {})).save_pretrained(tmp_path / "fresh")
    check_honoured(ours, plain(name), tmp_path / "fresh")


@pytest.mark.parametrize("name, key, value", cases("refused"))
def test_a_key_is_refused(program, plain, tmp_path, name, key, value):
    folder = with_config(tmp_path / "changed", plain(name), lambda config: config.update({key: value}))
    done = program.attempt("graph", folder)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "config.json" in done.stderr and "expected" in done.stderr and (key in done.stderr or "theta" in done.stderr), done.stderr


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("kind", ["ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"])
def test_other_heads_are_refused(program, plain, tmp_path, name, kind):
    def change(config):
        config["architectures"] = [config["architectures"][0].replace("ForMaskedLM", kind)]

    check_refused(program, with_config(tmp_path / "changed", plain(name), change), "architectures")


@pytest.mark.parametrize("masked_lm", [False, True])
@pytest.mark.parametrize("name", TYPES)
def test_a_head_is_there_as_architectures_says(program, plain, tmp_path, name, masked_lm):
    """The weights of one and the architecture of the other: a tensor too many or too few, by its name."""
    def change(config):
        config["architectures"] = json.loads((plain(name, not masked_lm) / "config.json").read_text())["architectures"]

    done = program.attempt("graph", with_config(tmp_path / "changed", plain(name, masked_lm), change))
    assert done.returncode == 4 and ("is not expected" if masked_lm else "is missing") in done.stderr, done.stderr


@pytest.mark.parametrize("name", TYPES)
def test_keys_are_without_effect(plain, ours, tmp_path, name):
    source = plain(name)
    folder = with_config(tmp_path / "changed", source, lambda config: config.update(TYPES[name].get("without_effect", {})))
    before, ids = ours(source)
    assert distance(ours(folder)[0], before) == 0
    assert distance(theirs(folder, ids), before) < SAME


def test_an_embedding_does_not_depend_on_a_tied_head(plain, ours, tmp_path):
    for name in TYPES:
        source = plain(name, False)
        folder = with_config(tmp_path / name, source, lambda config: config.update(tie_word_embeddings=False))
        assert distance(ours(folder)[0], ours(source)[0]) == 0
        assert distance(theirs(folder, ours(source)[1]), ours(source)[0]) < SAME


@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_old_files_of_modernbert(plain, ours, tmp_path, every):
    """global_attn_every_n_layers, global_rope_theta and local_rope_theta instead of lists."""
    def change(config):
        for key in ("layer_types", "rope_parameters"):
            config.pop(key)
        config.update(global_attn_every_n_layers=every, global_rope_theta=700.0, local_rope_theta=30.0)

    check_honoured(ours, plain("modernbert"), with_config(tmp_path / "old", plain("modernbert"), change))


@pytest.mark.parametrize("scaling", [dict(rope_type="linear", factor=3.0), dict(rope_type="dynamic", factor=3.0),
                                     dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)], ids=lambda value: value["rope_type"])
def test_scalings_of_positions(plain, ours, tmp_path, scaling):
    def change(config):
        config.update(rope_parameters={"rope_theta": 5000.0} | scaling, max_position_embeddings=128 if scaling["rope_type"] != "dynamic" else 64 * 2)

    folder = with_config(tmp_path / "scaled", plain("nomic_bert"), change)
    result, ids = ours(folder)
    assert distance(theirs(folder, ids), result) < SAME


def test_what_is_absent_is_as_in_transformers(plain, ours, tmp_path):
    """Keys that transformers has a default for, taken out of every type's file one by one: the same model as transformers', or refused."""
    seen = 0
    for name in TYPES:
        source = plain(name)
        for key in json.loads((source / "config.json").read_text()):
            if key in ("model_type", "architectures", "dtype", "transformers_version") or key in set(WITHOUT_EFFECT) - ({"pad_token_id"} if "roberta" in name else set()):
                continue
            folder = with_config(tmp_path / f"{name}-{key}", source, lambda config, key=key: config.pop(key))
            try:
                result, ids = ours(folder)
            except AssertionError as refused:
                assert "config.json" in str(refused) or "model.safetensors" in str(refused), (name, key, refused)
                continue
            seen += 1
            assert distance(theirs(folder, ids), result) < SAME, (name, key)
    assert seen > 20
