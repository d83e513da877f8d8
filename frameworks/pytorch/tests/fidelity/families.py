"""Models of other families as their public implementations, from numbers of their own: a wrong configuration in src/models must show.

Each function gives (module, call): the module with the given weights, and what computes the graph's outputs from its inputs."""

import torch


def loaded(module, weights, unused=(), provided=()):
    """`weights` in the module; names that only one side has are those listed."""
    missing, unexpected = module.load_state_dict({name: tensor.double() for name, tensor in weights.items()}, strict=False)
    assert not [name for name in unexpected if name not in unused], unexpected
    assert not [name for name in missing if not name.endswith(tuple(provided) or ("\0",))], missing
    return module


def minilm(size, weights):
    from transformers import BertConfig, BertModel

    numbers = {"full": (384, 6, 12, 1536, 30522, 512), "tiny": (48, 2, 4, 96, 256, 160)}[size]
    keys = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size", "max_position_embeddings")
    config = BertConfig(**dict(zip(keys, numbers)), hidden_act="gelu", layer_norm_eps=1e-12, attn_implementation="sdpa")
    bert = loaded(BertModel(config, add_pooling_layer=False).double().eval(), weights)

    def call(inputs):
        states = bert(inputs["input_ids"]).last_hidden_state
        return {"sentence_embedding": torch.nn.functional.normalize(states.mean(1), dim=-1)}

    return bert, call


def resnet(size, weights):
    from torchvision.models.resnet import Bottleneck, ResNet

    if size == "full":
        module = ResNet(Bottleneck, [3, 4, 6, 3])
    else:
        module = narrow_resnet(ResNet, Bottleneck)
    module = loaded(module.double().eval(), weights, provided=("num_batches_tracked",))
    return module, lambda inputs: {"logits": module(inputs["image"])}


def narrow_resnet(resnet, bottleneck):
    """torchvision's own class builds 64 channels wide; its parts are put together again with 8."""
    module = resnet(bottleneck, [2, 1, 2, 1], num_classes=10)
    module.inplanes = 8
    module.conv1 = torch.nn.Conv2d(3, 8, 7, 2, 3, bias=False)
    module.bn1 = torch.nn.BatchNorm2d(8)
    for stage, blocks in enumerate([2, 1, 2, 1]):
        setattr(module, f"layer{stage + 1}", module._make_layer(bottleneck, 8 << stage, blocks, stride=1 if stage == 0 else 2))
    module.fc = torch.nn.Linear(256, 10)
    return module


def whisper(size, weights):
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    numbers = {"full": (384, 4, 6, 1536, 51865, 80, 1500, 448), "tiny": (48, 2, 3, 96, 256, 10, 30, 16)}[size]
    width, layers, heads, feed_forward, vocabulary, bins, positions, targets = numbers
    special = {} if size == "full" else {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 3}
    config = WhisperConfig(
        d_model=width, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=heads, decoder_attention_heads=heads,
        encoder_ffn_dim=feed_forward, decoder_ffn_dim=feed_forward, vocab_size=vocabulary, num_mel_bins=bins,
        max_source_positions=positions, max_target_positions=targets, attn_implementation="sdpa", **special,
    )
    module = loaded(WhisperForConditionalGeneration(config).double().eval(), weights, provided=("proj_out.weight",))
    return module, lambda inputs: {
        "logits": module(input_features=inputs["input_features"], decoder_input_ids=inputs["input_ids"]).logits}


def unet(size, weights):
    from diffusers import UNet2DConditionModel

    numbers = {"full": ((320, 640, 1280, 1280), 8, 32, 768), "tiny": ((8, 16, 24, 24), 2, 4, 24)}[size]
    channels, heads, groups, text = numbers
    module = UNet2DConditionModel(
        sample_size=64, in_channels=4, out_channels=4, block_out_channels=channels, layers_per_block=2, cross_attention_dim=text,
        attention_head_dim=heads, norm_num_groups=groups, norm_eps=1e-5,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )
    module = loaded(module.double().eval(), weights)
    return module, lambda inputs: {
        "out_sample": module(inputs["sample"], inputs["timestep"], inputs["encoder_hidden_states"]).sample}


# Model -> (its package, the function, what remains: diffusers computes the angles of its time embedding in float32).
MODELS = {
    "minilm-l6": ("transformers", minilm, 1e-12),
    "resnet-50": ("torchvision", resnet, 1e-12),
    "whisper-tiny": ("transformers", whisper, 1e-12),
    "sd15-unet": ("diffusers", unet, 1e-5),
}
