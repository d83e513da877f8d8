"""A whole request: the prompt through one compiled function, then token by token through another, over one set of static caches."""

import functools

import jax
import jax.numpy as jnp
from assay_runner import Generation
from jax import lax


class WholeRequest:
    """`built` makes a program of a graph. The caches are given away in each part and come back: XLA writes the new rows in their place."""

    def __init__(self, request, built):
        generation = request.generation
        decode, prefill = built(generation.decode), built(generation.prefill)
        self._generation = generation
        self._weights = decode.residents(request.weights, {})
        shared = dict(zip(decode.resident_names, self._weights))
        self._prompt_weights = [shared[name] for name in prefill.resident_names]
        self._caches = decode.caches(generation.empty_states())
        self._prefill = jax.jit(functools.partial(_part, prefill), donate_argnums=1)
        self._decode = jax.jit(functools.partial(_part, decode), donate_argnums=1)
        self._positions = [jnp.full((generation.batch, 1), at) for at in generation.positions]
        self._start = jnp.zeros((generation.batch, 1), jnp.int64)
        self._logits = []

    def parts(self, ids):
        """Yields when the prompt's last logits are there, then at each token's."""
        self._logits = []
        yield self._run(self._prefill, self._prompt_weights, ids[:, : self._generation.prompt], self._start)
        for at, position in zip(self._generation.positions, self._positions):
            yield self._run(self._decode, self._weights, ids[:, at : at + 1], position)

    def _run(self, part, weights, ids, position):
        logits, self._caches = part(weights, self._caches, ids, position)
        jax.block_until_ready((logits, self._caches))
        self._logits.append(logits)

    def logits(self):
        return jnp.concatenate(self._logits, 1)


def _part(program, weights, caches, ids, position):
    """Logits, and the caches with the new rows at the position of the first of them; prefill has no past to look at."""
    given = {"input_ids": ids, "position": position}
    own = caches if program.grown else {}
    (logits, *rows), kept = program.forward([], weights, own, [given[name] for name in program.inputs])
    kept = dict(kept or caches)
    for name, new in zip(program.outputs[1:], rows):
        past = Generation.state_of(name)
        by_head = jnp.reshape(new, (*new.shape[:2], caches[past].shape[1], -1)).swapaxes(1, 2)
        kept[past] = lax.dynamic_update_slice_in_dim(kept[past], by_head, position[0, 0], 2)
    return logits, kept
