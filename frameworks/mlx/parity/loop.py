"""One side of the comparison with MLX: mlx-lm's own Llama, unmodified, for one workload of SmolLM2, as mlx-lm calls it: prefill and decoding step
by step with its cache, the training step compiled, as in its trainer. Reads and answers one JSON object a line, as the other scripts of its kind.
"""

import argparse
import importlib.util
import json
import sys
import types
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy
from mlx.utils import tree_flatten
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench/parity"))
import plain  # noqa: E402


def from_mlx_lm(name):
    """A module of mlx-lm by its name. The package's own __init__ wants transformers, which no model needs."""
    if "mlx_lm" not in sys.modules:
        package = types.ModuleType("mlx_lm")
        package.__path__ = [str(Path(importlib.util.find_spec("mlx_lm").origin).parent)]
        sys.modules["mlx_lm"] = package
    return importlib.import_module("mlx_lm." + name)


def made_model(arguments):
    llama = from_mlx_lm("models.llama")
    weights = mx.load(arguments.weights)
    nodes = json.loads(Path(arguments.graph).read_text())["nodes"]
    attention = next(node["attributes"] for node in nodes if node["op"] == "Attention")
    norm = next(node["attributes"] for node in nodes if node["op"] == "RMSNormalization")
    vocabulary, width = weights["model.embed_tokens.weight"].shape
    layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("model.layers."))
    numbers = llama.ModelArgs(
        model_type="llama", hidden_size=width, num_hidden_layers=layers,
        intermediate_size=weights["model.layers.0.mlp.gate_proj.weight"].shape[0], num_attention_heads=attention["q_num_heads"],
        num_key_value_heads=attention["kv_num_heads"], rms_norm_eps=norm["epsilon"], vocab_size=vocabulary, rope_theta=100000.0)
    model = llama.Model(numbers)
    model.load_weights(list(model.sanitize(weights).items()))
    mx.eval(model.parameters())
    return model


class Prefill:
    """The logits of all positions."""

    def __init__(self, arguments):
        self.model = made_model(arguments)

    def step(self, inputs):
        self.logits = self.model(mx.array(inputs["input_ids"]))
        mx.eval(self.logits)

    def outputs(self):
        return {"logits": numpy.array(self.logits)}


class Decode:
    """One token after the past that the cache holds."""

    def __init__(self, arguments):
        self.model = made_model(arguments)
        self.caches = self.model.make_cache()
        state = mx.load(arguments.state)
        for layer, cache in enumerate(self.caches):
            key, value = (next(array for name, array in state.items() if f"layers.{layer}." in name and kind in name) for kind in ("key", "value"))
            mx.eval(cache.update_and_fetch(key, value))
        self.length = self.caches[0].offset

    def step(self, inputs):
        for cache in self.caches:
            cache.offset = self.length
        self.logits = self.model(mx.array(inputs["input_ids"]), cache=self.caches)
        mx.eval(self.logits, [cache.state for cache in self.caches])

    def outputs(self):
        rows = {f"layers.{layer}.{kind}": numpy.array(getattr(cache, kind + "s")[:, :, self.length]).reshape(1, 1, -1)
                for layer, cache in enumerate(self.caches) for kind in ("key", "value")}
        return {"logits": numpy.array(self.logits), **rows}


class Training:
    """Loss and all gradients."""

    def __init__(self, arguments):
        self.model = model = made_model(arguments)
        loss = nn.value_and_grad(model, lambda model, ids, labels: nn.losses.cross_entropy(model(ids), labels, reduction="mean"))
        state = [model.state]
        self.compiled = mx.compile(lambda ids, labels: loss(model, ids, labels), inputs=state, outputs=state)

    def step(self, inputs):
        ids = mx.array(inputs["input_ids"])
        self.loss, self.gradients = self.compiled(ids, mx.array(inputs["labels"]).reshape(ids.shape))
        mx.eval(self.loss, self.gradients)

    def outputs(self):
        return {"loss": numpy.array(self.loss), **{f"grad.{name}": in_order(array) for name, array in tree_flatten(self.gradients)}}


def in_order(array):
    """A gradient may come as a transposed view, which a tensor file does not know."""
    return numpy.ascontiguousarray(numpy.array(array))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=("inference", "latency", "training"))
    parser.add_argument("--graph")
    parser.add_argument("--weights")
    parser.add_argument("--state")
    parser.add_argument("--inputs", nargs=2)
    arguments = parser.parse_args()
    mx.set_default_device(mx.cpu)
    kind = {"inference": Prefill, "latency": Decode, "training": Training}[arguments.workload]
    plain.serve(lambda: (kind(arguments), [load_file(path) for path in arguments.inputs]),
                {"mlx": mx.__version__, "mlx-lm": from_mlx_lm("_version").__version__})


if __name__ == "__main__":
    main()
