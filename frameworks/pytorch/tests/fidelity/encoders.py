"""Tiny models of every model type of the family `encoder`, with weights drawn, as transformers saves them; and transformers' own code run
in float64 throughout, as for decoders (decoders.py)."""

import torch
from decoders import F32, in_double, rope
from transformers import AutoModel, AutoModelForMaskedLM, CONFIG_MAPPING

SIZES = dict(hidden_size=32, num_hidden_layers=4, intermediate_size=48, num_attention_heads=4, vocab_size=160, max_position_embeddings=256,
             initializer_range=0.3)
BERT = SIZES | dict(pad_token_id=None)
DISTILBERT = dict(dim=32, n_layers=4, hidden_dim=48, n_heads=4, vocab_size=160, max_position_embeddings=256, initializer_range=0.3, pad_token_id=None)
MODERNBERT = SIZES | dict(pad_token_id=None, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, local_attention=24)
MIXED = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]
BIASES = dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True)
# Sentences of `inference` have 128 tokens: a token sees 12 to each side where local_attention is 24.
MODELS = {
    "bert": ("bert", BERT),
    "bert-tanh": ("bert", BERT | dict(hidden_act="gelu_new", type_vocab_size=3, layer_norm_eps=1e-5)),
    "roberta": ("roberta", SIZES),
    "roberta-padding": ("roberta", SIZES | dict(pad_token_id=120, hidden_act="relu", type_vocab_size=1)),
    "xlm-roberta": ("xlm-roberta", SIZES | dict(hidden_act="silu")),
    "camembert": ("camembert", SIZES),
    "distilbert": ("distilbert", DISTILBERT),
    "distilbert-relu": ("distilbert", DISTILBERT | dict(activation="relu", sinusoidal_pos_embds=True)),
    "modernbert": ("modernbert", MODERNBERT),
    "modernbert-biases": ("modernbert", MODERNBERT | BIASES | dict(hidden_activation="gelu_pytorch_tanh", classifier_activation="silu", decoder_bias=False)),
    "modernbert-layers": ("modernbert", MODERNBERT | dict(local_attention=7, layer_types=MIXED, rope_parameters={
        "full_attention": dict(rope_type="linear", factor=4.0, rope_theta=5000.0), "sliding_attention": dict(rope_type="default", rope_theta=50.0)})),
    "modernbert-local": ("modernbert", MODERNBERT | dict(layer_types=["sliding_attention"] * 4)),
    "nomic": ("nomic_bert", SIZES | rope("default")),
    "nomic-dynamic": ("nomic_bert", SIZES | rope("dynamic", factor=2.0) | dict(max_position_embeddings=128, head_dim=12, hidden_act="gelu")),
}


def make(name, masked_lm=False, **changes):
    """The model, its weights drawn so that every one of them matters: with its head, or the encoder alone."""
    model_type, numbers = MODELS[name]
    torch.manual_seed(11)
    config = CONFIG_MAPPING[model_type](**(numbers | changes))
    model = (AutoModelForMaskedLM if masked_lm else AutoModel).from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def exact(name, masked_lm=False):
    """The model with all of its arithmetic in float64, but for rotary tables: these are made in float64, and rounded to float32."""
    model = make(name, masked_lm).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None  # whose row would get no gradient
    encoder = model.base_model
    if hasattr(encoder, "rotary_emb"):
        with in_double():
            rotary = type(encoder.rotary_emb)(model.config)
        plain_tables = rotary.forward
        rotary.forward = lambda *args, **kwargs: tuple(table.to(F32).to(torch.float64) for table in plain_tables(*args, **kwargs))
        encoder.rotary_emb = rotary
    plain_forward = model.forward

    def forward(*args, **kwargs):
        with in_double():
            return plain_forward(*args, **kwargs)

    model.forward = forward
    return model


def outputs(model, ids):
    """What the program's graph gives of such a model."""
    with torch.no_grad():
        given = model(ids)
    if "logits" in given:
        return {"logits": given.logits}
    return {"sentence_embedding": torch.nn.functional.normalize(given.last_hidden_state.mean(1), dim=-1)}
