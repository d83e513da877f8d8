"""A model from a directory with config.json and weights, of whatever architecture transformers has code for. Nothing is fetched, and no code of
the directory is run."""

import json
from pathlib import Path

import torch

from . import examples
from .case import Case
from .protocol import Refused, progress
from .reasons import reason

# What --task may be, and transformers' class for it.
TASKS = {"feature-extraction": "AutoModel", "text-generation": "AutoModelForCausalLM", "text2text-generation": "AutoModelForSeq2SeqLM",
         "fill-mask": "AutoModelForMaskedLM", "text-classification": "AutoModelForSequenceClassification", "token-classification": "AutoModelForTokenClassification",
         "question-answering": "AutoModelForQuestionAnswering", "image-classification": "AutoModelForImageClassification",
         "object-detection": "AutoModelForObjectDetection", "image-segmentation": "AutoModelForSemanticSegmentation", "depth-estimation": "AutoModelForDepthEstimation",
         "video-classification": "AutoModelForVideoClassification", "audio-classification": "AutoModelForAudioClassification",
         "automatic-speech-recognition": "AutoModelForCTC", "speech-seq2seq": "AutoModelForSpeechSeq2Seq",
         "zero-shot-image-classification": "AutoModelForZeroShotImageClassification"}
MOST_NAMED = 3  # of weights that are missing
# Beside what the model is for: what a caller who wants to go on, or to train, asks for.
NOT_KEPT = {"loss", "past_key_values", "hidden_states", "attentions", "encoder_last_hidden_state", "logits_per_text"}


class Plain(torch.nn.Module):
    """The model with inputs by name and with nothing but the main tensors for outputs."""

    def __init__(self, model, inputs, fixed):
        super().__init__()
        self.model, self.inputs, self.fixed = model, list(inputs), fixed

    def forward(self, *tensors):
        output = self.model(**dict(zip(self.inputs, tensors)), **self.fixed)
        return tuple(main_tensors(output).values())


def main_tensors(output):
    """By their names in transformers' output."""
    named = output.items() if hasattr(output, "items") else ((f"output_{place}", value) for place, value in enumerate(output))
    return {name: value for name, value in named if isinstance(value, torch.Tensor) and name not in NOT_KEPT}


def case_of(request):
    folder = Path(request["directory"]) / request["source"]
    told = _config_text(folder)
    progress("loading transformers")
    import transformers

    transformers.logging.set_verbosity_error()
    config = _config(transformers, folder, told)
    model, notes = _loaded(transformers, folder, config, _class(transformers, config, request["task"]))
    inputs = examples.of(model, config, request["sizes"])
    fixed = {"return_dict": True} | ({"use_cache": False} if "use_cache" in examples.arguments(model) else {})
    return _case(model, inputs, fixed, notes)


def _config_text(folder):
    if not folder.is_dir():
        raise Refused("there is no such directory; a name of a hub is not fetched", usage=True)
    path = folder / "config.json"
    if not path.is_file():
        raise Refused("there is no config.json in this directory; is it a checkpoint as Hugging Face lays it out?", usage=True)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"config.json: {error}") from error
    if not isinstance(told, dict):
        raise Refused("config.json: an object is expected")
    return told


def _config(transformers, folder, told):
    known = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    kind = told.get("model_type")
    if kind not in known:
        own = "; it brings code of its own (auto_map), which is not run" if "auto_map" in told else ""
        raise Refused(f"config.json: key model_type: transformers {transformers.__version__} has no code for {kind!r}{own}: --python PATH takes the Python of an "
                      "environment with another version, and MODULE:FUNCTION (assay import torch) code of yours")
    try:
        return transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise Refused(f"config.json: {reason(error)}") from error


def _class(transformers, config, task):
    """The class for the task; without one that which the checkpoint was saved from."""
    if task:
        if task not in TASKS:
            raise Refused(f"--task {task}: known are {', '.join(TASKS)}", usage=True)
        chosen = getattr(transformers, TASKS[task])
        if type(config) not in chosen._model_mapping:
            raise Refused(f"--task {task}: transformers has no {config.model_type} for it", usage=True)
        return chosen
    named = [name for name in config.architectures or [] if hasattr(transformers, name)]
    return getattr(transformers, named[0]) if named else transformers.AutoModel


def _loaded(transformers, folder, config, chosen):
    progress("reading the weights")
    try:
        model, info = chosen.from_pretrained(folder, config=config, dtype=torch.float32, local_files_only=True, trust_remote_code=False, output_loading_info=True)
    except Exception as error:
        raise Refused(f"transformers cannot load it as {chosen.__name__}: {reason(error)}") from error
    missing = sorted(info["missing_keys"])
    notes = [f"{len(missing)} of its weights are not in the checkpoint and were drawn at random: {', '.join(missing[:MOST_NAMED])}" + (", …" if len(missing) > MOST_NAMED else "")] if missing else []
    return model.eval(), notes


def _case(model, inputs, fixed, notes):
    progress("running it once")
    try:
        with torch.no_grad():
            outputs = main_tensors(model(**inputs, **fixed))
    except Exception as error:
        raise Refused(f"{type(model).__name__} does not run with {examples.described(inputs)}: {reason(error)}; MODULE:FUNCTION (assay import torch) takes inputs of yours") from error
    if not outputs:
        raise Refused(f"{type(model).__name__} gives no tensor")
    notes.insert(0, f"{type(model).__name__} with {examples.described(inputs)}; outputs: {', '.join(outputs)}")
    return Case(Plain(model, inputs, fixed), tuple(inputs.values()), input_names=list(inputs), output_names=list(outputs), notes=notes)
