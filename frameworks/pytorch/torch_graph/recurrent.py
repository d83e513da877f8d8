"""LSTM, GRU and RNN: PyTorch's own, whose gates come in another order. Weights that stay are put into that order once."""

import numpy

from .registry import operator

# PyTorch's gates as places of ONNX's: i, o, f, c -> i, f, c, o; z, r, h -> r, z, h.
_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
_FUNCTION = {"LSTM": "torch.lstm", "GRU": "torch.gru", "RNN": "torch.rnn_tanh"}


@operator(*_ORDER)
def recurrent(call):
    _refuse_what_is_not_there(call)
    hidden, directions = call.shape(2)[2], call.shape(1)[0]
    first = bool(call.attribute("layout", 0))
    backward = call.attribute("direction", "forward") == "reverse"
    time = 1 if first else 0
    x = f"{call.x(0)}.flip({time})" if backward else call.x(0)
    weights = ", ".join(part for direction in range(directions) for part in _weights(call, direction, hidden))
    states = [_state(call, index, directions, hidden, first) for index in ((5, 6) if call.op == "LSTM" else (5,))]
    start = f"({', '.join(states)})" if len(states) > 1 else states[0]
    y, *last = names = [call.let(hint, "None") for hint in ("y", "h", "c")[:len(states) + 1]]
    call.line(f"{', '.join(names)} = {_FUNCTION[call.op]}({x}, {start}, ({weights},), {call.given(3)}, 1, 0.0, False, "
              f"{directions == 2}, {first})")
    everything = f"{y}.reshape({(*call.shape(0)[:2], directions, hidden)})"
    everything = f"{everything}.flip({time})" if backward else everything
    return [everything if first else f"{everything}.transpose(1, 2)", *(f"{one}.transpose(0, 1)" if first else one for one in last)]


def _refuse_what_is_not_there(call):
    call.attribute("hidden_size")  # the weights say it
    steps = call.shape(0)[1 if call.attribute("layout", 0) else 0]
    if call.given(4) and (call.data(4) is None or (call.data(4) != steps).any()):
        call.refuse("sequences of different lengths (sequence_lens)")
    if call.op == "LSTM" and call.given(7):
        call.refuse("peepholes (P)")
    if call.op == "GRU" and not call.attribute("linear_before_reset", 0):
        call.refuse("a reset before the product (linear_before_reset 0)")


def _weights(call, direction, hidden):
    """Of one direction, as torch.nn.LSTM has them: of the input, of the state, and both biases."""
    gates = _ORDER[call.op]
    rows = numpy.concatenate([numpy.arange(gate * hidden, (gate + 1) * hidden) for gate in gates])
    yield call.rows(1, direction, rows)
    yield call.rows(2, direction, rows)
    if call.given(3):
        yield call.rows(3, direction, rows)
        yield call.rows(3, direction, rows + len(gates) * hidden)


def _state(call, index, directions, hidden, first):
    if call.given(index):
        return f"{call.x(index)}.transpose(0, 1).contiguous()" if first else call.x(index)
    batch = call.shape(0)[0 if first else 1]
    return f"{call.x(0)}.new_zeros({(directions, batch, hidden)})"
