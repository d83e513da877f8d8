"""Inputs for a model of transformers, from what its config.json says: tokens, images, videos, spectra, samples. `sizes` are those of --dim. Texts are
whole: none has padding, so that no mask is an input where the model takes none for granted."""

import inspect

import torch

from .protocol import Refused

SEQUENCE, IMAGE, SAMPLES, FRAMES, BINS = 128, 224, 16000, 1024, 80  # where neither --dim nor the config says how large
TEXT = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids")


def arguments(model):
    return inspect.signature(model.forward).parameters


def of(model, config, sizes):
    """{name: tensor} of all that the model must be given."""
    asked = Sizes(sizes)
    noise = torch.Generator().manual_seed(0)
    inputs = {name: _tensor(name, model, config, asked, noise) for name in _names(model, config)}
    asked.check_all_used()
    return inputs


def described(inputs):
    return ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in inputs.items())


class Sizes:
    def __init__(self, given):
        self.given, self.used = given, []

    def of(self, name, otherwise):
        self.used.append(name)
        return self.given.get(name, otherwise)

    def check_all_used(self):
        for name in self.given:
            if name not in self.used:
                raise Refused(f"--dim {name}: this model's inputs have {', '.join(dict.fromkeys(self.used))}", usage=True)


def _names(model, config):
    known = arguments(model)
    main = model.main_input_name
    names = [main] if isinstance(main, str) else list(main)
    if "pixel_values" in known and "input_ids" in known and hasattr(config, "text_config") and hasattr(config, "vision_config"):
        names = ["input_ids", "pixel_values"]
    names += [name for name, argument in known.items() if argument.default is argument.empty and argument.kind is argument.POSITIONAL_OR_KEYWORD and name not in names]
    if config.is_encoder_decoder and "decoder_input_ids" in known:
        names.append("decoder_input_ids")
    return list(dict.fromkeys(names))


def _tensor(name, model, config, sizes, noise):
    batch = sizes.of("batch", 1)
    if name in TEXT:
        return _text(name, batch, config.get_text_config(), sizes, noise)
    shape = {"pixel_values": _image, "input_features": _spectrum, "input_values": _sound}.get(name)
    if shape is None:
        raise Refused(f"{type(model).__name__} takes {name}, for which no example is known here: make one in a function and give MODULE:FUNCTION (assay import torch)")
    return torch.randn((batch, *shape(config, sizes)), generator=noise)


def _text(name, batch, config, sizes, noise):
    longest = _said(config, "max_position_embeddings", "max_target_positions", "n_positions") or SEQUENCE
    length = sizes.of("decoder_sequence" if name == "decoder_input_ids" else "sequence", min(SEQUENCE, longest))
    if name == "attention_mask":
        return torch.ones((batch, length), dtype=torch.int64)
    if name == "token_type_ids":
        return torch.zeros((batch, length), dtype=torch.int64)
    ids = torch.randint(0, config.vocab_size, (batch, length), generator=noise)
    end = getattr(config, "eos_token_id", None)
    if isinstance(end, int) and 0 <= end < config.vocab_size:
        ids[:, -1] = end  # some models look for the end of the text
    return ids


def _said(config, *keys):
    """The first of the keys that the config has, or its part for images or sound."""
    for part in (config, getattr(config, "vision_config", None), getattr(config, "audio_config", None), getattr(config, "encoder", None)):
        for key in keys:
            value = getattr(part, key, None)
            if value is not None and not callable(value):
                return value
    return None


def _image(config, sizes):
    said = _said(config, "image_size", "input_size") or IMAGE
    if isinstance(said, dict):
        said = [said[key] for key in ("height", "width")]
    height, width = said if isinstance(said, (list, tuple)) else (said, said)
    size = sizes.of("image", None)
    pixels = (_said(config, "num_channels") or 3, size or height, size or width)
    frames = _said(config, "num_frames", "frames_per_clip")
    return (sizes.of("frames", frames), *pixels) if frames else pixels


def _spectrum(config, sizes):
    positions = _said(config, "max_source_positions")
    frames = sizes.of("frames", 2 * positions if positions else FRAMES)
    bins = _said(config, "num_mel_bins", "feature_size", "input_feat_per_channel", "feature_projection_input_dim") or BINS
    return (bins, frames) if positions and config.model_type == "whisper" else (frames, bins)


def _sound(config, sizes):
    """Samples, or the spectrum of models that call it so."""
    bins = _said(config, "num_mel_bins")
    return (sizes.of("frames", _said(config, "max_length") or FRAMES), bins) if bins and not hasattr(config, "conv_kernel") else (sizes.of("samples", SAMPLES),)
