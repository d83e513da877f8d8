"""One side of the comparison with PyTorch: Hugging Face transformers' LlamaForCausalLM, unmodified, doing one workload of SmolLM2.

Takes its weights, inputs and past keys and values from the files that Assay writes for a runner. Reads one JSON object a line and
answers with one: {"steps": [0, 1]} gives {"samples_ns": [...]}, one a step; {"outputs": PATH} writes what the last step left;
{"versions": true} says what runs. It uses nothing of Assay: the loop below is what a user would write.
"""

import argparse
import json
import os
import sys
import time

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, StaticCache

CONFIGURATIONS = {
    "full": dict(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                 num_key_value_heads=3, head_dim=64),
    "tiny": dict(vocab_size=256, hidden_size=96, intermediate_size=192, num_hidden_layers=2, num_attention_heads=6,
                 num_key_value_heads=2, head_dim=16),
}


def make_model(arguments):
    """The model as its users build it, with the scaled dot-product attention of PyTorch."""
    config = LlamaConfig(
        **CONFIGURATIONS[arguments.size], max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0}, attn_implementation="sdpa",
    )
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(load_file(arguments.weights), strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model.train() if arguments.workload == "training" else model.eval().requires_grad_(False)


class Prefill:
    """The logits of all positions."""

    def __init__(self, model, arguments):
        self.model = model

    @torch.inference_mode()
    def step(self, inputs):
        self.left = None
        self.left = self.model(input_ids=inputs["input_ids"], use_cache=False).logits

    def outputs(self):
        return {"logits": self.left}


class Training:
    """Loss and the gradients of all parameters, fresh: the old ones are dropped within the step."""

    def __init__(self, model, arguments):
        self.model = model

    def step(self, inputs):
        self.model.zero_grad(set_to_none=True)
        labels = inputs["labels"]
        loss = self.model(input_ids=inputs["input_ids"], labels=labels, shift_labels=labels, use_cache=False).loss
        loss.backward()
        self.left = loss.detach()

    def outputs(self):
        model = getattr(self.model, "_orig_mod", self.model)
        return {"loss": self.left, **{"grad." + name: parameter.grad for name, parameter in model.named_parameters()}}


class Decode:
    """One token after a past that is given. After each step, outside the clock, the cache is set back to that past."""

    def __init__(self, model, arguments):
        self.model = model
        config = getattr(model, "_orig_mod", model).config
        state = load_file(arguments.state)
        self.past = [(state[f"layers.{layer}.past_key"], state[f"layers.{layer}.past_value"])
                     for layer in range(config.num_hidden_layers)]
        self.length = self.past[0][0].shape[2]
        self.static = arguments.cache == "static"
        self.cache = StaticCache(config, max_cache_len=self.length + 1) if self.static else DynamicCache()
        for layer, (key, value) in enumerate(self.past):
            self.cache.update(key, value, layer)

    @torch.inference_mode()
    def step(self, inputs):
        self.left = None
        self.left = self.model(input_ids=inputs["input_ids"], past_key_values=self.cache, use_cache=True).logits

    def rewind(self):
        for layer, (key, value) in zip(self.cache.layers, self.past):
            if self.static:
                layer.cumulative_length.fill_(self.length)
            else:
                layer.keys, layer.values = key, value

    def outputs(self):
        return {"logits": self.left, **self.kept}

    def keep(self):
        """The new keys and values of this step, before rewind() drops them."""
        joined = lambda tensor: tensor[:, :, self.length :].transpose(1, 2).flatten(2).clone()  # noqa: E731
        self.kept = {}
        for index, layer in enumerate(self.cache.layers):
            self.kept[f"layers.{index}.key"], self.kept[f"layers.{index}.value"] = joined(layer.keys), joined(layer.values)


def timed(work, inputs, sets):
    samples = []
    for index, chosen in enumerate(sets):
        start = time.perf_counter_ns()
        work.step(inputs[chosen])
        samples.append(time.perf_counter_ns() - start)
        if isinstance(work, Decode):
            if index + 1 == len(sets):
                work.keep()
            work.rewind()
    return samples


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=("inference", "latency", "training"))
    parser.add_argument("--size", choices=CONFIGURATIONS)
    parser.add_argument("--compile", action="store_true", help="torch.compile(model), as it is usual")
    parser.add_argument("--cache", choices=("dynamic", "static"), default="dynamic", help="of the workload latency")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--weights")
    parser.add_argument("--state")
    parser.add_argument("--inputs", nargs=2)
    arguments = parser.parse_args()
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.set_num_threads(arguments.threads)
    model = make_model(arguments)
    if arguments.compile:
        model = torch.compile(model, dynamic=False)
    kind = {"inference": Prefill, "latency": Decode, "training": Training}[arguments.workload]
    work, inputs = kind(model, arguments), [load_file(path) for path in arguments.inputs]
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if "steps" in request:
            answer["samples_ns"] = timed(work, inputs, request["steps"])
        elif "outputs" in request:
            save_file({name: tensor.detach().clone() for name, tensor in work.outputs().items()}, request["outputs"])
        elif "versions" in request:
            answer = {"transformers": transformers.__version__, "torch": torch.__version__}
        print(json.dumps(answer), file=replies, flush=True)


main()
