"""One side of the comparison with JAX: the Llama beside this (llama.py), for one workload of SmolLM2, under jax.jit as its documentation teaches:
parameters are an argument, the cache of keys and values is donated, gradients come from jax.value_and_grad. Reads and answers one JSON
object a line, as the other scripts of its kind.
"""

import argparse
import functools
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import jaxlib
import llama
import numpy
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench/parity"))
import plain  # noqa: E402

jax.config.update("jax_default_matmul_precision", "highest")


class Work:
    def __init__(self, arguments):
        self.config = llama.CONFIGURATIONS[arguments.size]
        self.params = llama.from_checkpoint(load_file(arguments.weights))


class Prefill(Work):
    """The logits of all positions."""

    def __init__(self, arguments):
        super().__init__(arguments)
        self.run = jax.jit(lambda params, ids: llama.forward(params, ids, self.config)[0])

    def step(self, inputs):
        self.logits = self.run(self.params, inputs["input_ids"])
        self.logits.block_until_ready()

    def outputs(self):
        return {"logits": numpy.asarray(self.logits)}


class Decode(Work):
    """One token after the past that the cache holds; each step writes its rows to the same place."""

    def __init__(self, arguments):
        super().__init__(arguments)
        state = load_file(arguments.state)
        self.length = state["layers.0.past_key"].shape[2]
        self.caches = [{own: with_room(state[f"layers.{index}.past_{kind}"]) for own, kind in (("k", "key"), ("v", "value"))}
                       for index in range(len(self.params["layers"]))]
        self.position = jnp.int32(self.length)
        self.run = jax.jit(functools.partial(llama.forward, config=self.config), donate_argnames="caches")

    def step(self, inputs):
        self.logits, self.caches = self.run(self.params, inputs["input_ids"], caches=self.caches, position=self.position)
        jax.block_until_ready((self.logits, self.caches))

    def outputs(self):
        rows = {f"layers.{index}.{kind}": numpy.asarray(cache[own][:, self.length]).reshape(1, 1, -1)
                for index, cache in enumerate(self.caches) for own, kind in (("k", "key"), ("v", "value"))}
        return {"logits": numpy.asarray(self.logits), **rows}


def with_room(past):
    """[batch, heads, length, size] as [batch, length + 1, heads, size]."""
    return jnp.pad(jnp.array(past.swapaxes(1, 2)), ((0, 0), (0, 1), (0, 0), (0, 0)))


class Training(Work):
    """Loss and all gradients."""

    def __init__(self, arguments):
        super().__init__(arguments)
        self.run = jax.jit(jax.value_and_grad(functools.partial(llama.loss, config=self.config)))

    def step(self, inputs):
        self.left = None
        self.left = self.run(self.params, inputs["input_ids"], inputs["labels"])
        jax.block_until_ready(self.left)

    def outputs(self):
        loss, gradients = self.left
        return {"loss": numpy.asarray(loss), **{f"grad.{name}": array for name, array in llama.to_checkpoint(gradients).items()}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=("inference", "latency", "training"))
    parser.add_argument("--size", choices=llama.CONFIGURATIONS)
    parser.add_argument("--weights")
    parser.add_argument("--state")
    parser.add_argument("--inputs", nargs=2)
    arguments = parser.parse_args()
    kind = {"inference": Prefill, "latency": Decode, "training": Training}[arguments.workload]
    plain.serve(lambda: (kind(arguments), [jax.tree.map(jnp.asarray, load_file(path)) for path in arguments.inputs]),
                {"jax": jax.__version__, "jaxlib": jaxlib.__version__})


if __name__ == "__main__":
    main()
