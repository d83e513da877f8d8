"""LSTM, GRU and RNN: the input's product of all steps at once, then a scan over the steps."""

import jax
import jax.numpy as jnp
from jax import lax

from .registry import operator


@operator("LSTM", "GRU", "RNN")
def recurrent(call):
    call.attribute("hidden_size")  # the weights say it
    first = bool(call.attribute("layout", 0))
    x = jnp.swapaxes(call.x(0), 0, 1) if first else call.x(0)
    backward = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[call.attribute("direction", "forward")]
    reset_last = bool(call.attribute("linear_before_reset", 0))
    runs = [_direction(call, x, number, turned, reset_last, first) for number, turned in enumerate(backward)]
    y = jnp.stack([run[0] for run in runs], 1)
    states = [jnp.stack(parts, 1 if first else 0) for parts in zip(*(run[1] for run in runs))]
    return [jnp.transpose(y, (2, 0, 1, 3)) if first else y, *states]


def _direction(call, x, number, backward, reset_last, first):
    """(the states of all steps, the last ones) of one direction."""
    hidden, batch = call.shape(2)[2], x.shape[1]
    weights, of_state = call.x(1)[number], call.x(2)[number]
    biases = call.x(3)[number] if call.given(3) else jnp.zeros(2 * weights.shape[0], x.dtype)
    products = jnp.einsum("sbi,gi->sbg", x, weights) + biases[:weights.shape[0]]
    step = {"LSTM": _lstm, "GRU": _gru, "RNN": _rnn}[call.op](call, number, of_state, biases[weights.shape[0]:], reset_last)
    start = tuple(_start(call, index, number, (batch, hidden), x.dtype, first) for index in ((5, 6) if call.op == "LSTM" else (5,)))
    lengths = call.x(4)[:, None] if call.given(4) else None

    def advance(state, given):
        place, product = given
        new = step(state, product)
        if lengths is None:
            return new, new[0]
        new = tuple(jnp.where(place < lengths, one, old) for one, old in zip(new, state))
        return new, jnp.where(place < lengths, new[0], 0)

    last, everything = lax.scan(advance, start, (jnp.arange(x.shape[0]), products), reverse=backward)
    return everything, last


def _start(call, index, number, shape, dtype, first):
    if not call.given(index):
        return jnp.zeros(shape, dtype)
    return call.x(index)[:, number] if first else call.x(index)[number]


def _lstm(call, number, weights, bias, _):
    peepholes = jnp.split(call.x(7)[number], 3) if call.given(7) else (0, 0, 0)

    def step(state, product):
        h, c = state
        i, o, f, z = jnp.split(product + h @ weights.T + bias, 4, -1)
        i, f = jax.nn.sigmoid(i + peepholes[0] * c), jax.nn.sigmoid(f + peepholes[2] * c)
        c = f * c + i * jnp.tanh(z)
        return jax.nn.sigmoid(o + peepholes[1] * c) * jnp.tanh(c), c

    return step


def _gru(call, number, weights, bias, reset_last):
    gates = 2 * weights.shape[1]

    def step(state, product):
        (h,) = state
        z, r = jnp.split(jax.nn.sigmoid(product[:, :gates] + h @ weights[:gates].T + bias[:gates]), 2, -1)
        inner = r * (h @ weights[gates:].T + bias[gates:]) if reset_last else (r * h) @ weights[gates:].T + bias[gates:]
        return ((1 - z) * jnp.tanh(product[:, gates:] + inner) + z * h,)

    return step


def _rnn(call, number, weights, bias, _):
    return lambda state, product: (jnp.tanh(product + state[0] @ weights.T + bias),)
