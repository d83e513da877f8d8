"""A whole request: the prompt through one program, then token by token through another, which keep their keys and values in one static cache."""

import numpy
import torch


class WholeRequest:
    """`built` makes a program of a graph; `mode` and `wait` are the runner's."""

    def __init__(self, request, device, built, mode, wait):
        generation = request.generation
        states = {value.name: numpy.zeros(value.shape, numpy.float32) for value in generation.decode.with_role("state")}
        self._decode = built(generation.decode, states, request, device)
        self._prefill = built(generation.prefill, {}, request, device, shared=self._decode.weights)
        self._prompt, self._mode, self._wait = generation.prompt, mode, wait
        batch = generation.decode.values["position"].shape[0]
        self._positions = [torch.full((batch, 1), self._prompt + index, device=device) for index in range(generation.decodes)]
        self._logits = []

    def parts(self, ids):
        """Yields when the prompt's last logits are there, then at each token's."""
        self._logits = []
        yield self._run(self._prefill, 0, input_ids=ids[:, : self._prompt])
        for index, position in enumerate(self._positions):
            at = self._prompt + index
            yield self._run(self._decode, at, input_ids=ids[:, at : at + 1], position=position)

    def outputs(self):
        return (torch.cat(self._logits, 1),)

    def _run(self, program, first, **inputs):
        with self._mode():
            logits, *rows = program.forward(*(inputs[name] for name in program.inputs))
            for name, row in zip(program.outputs[1:], rows):
                self._keep(name, row, first)
        self._logits.append(logits)
        self._wait()

    def _keep(self, name, rows, first):
        """Puts layers.N.key or .value [batch, count, heads * size] into its state [batch, heads, places, size]; no token follows the last."""
        layer, part = name.rsplit(".", 1)
        state = self._decode.states[f"{layer}.past_{part}"]
        batch, count, _ = rows.shape
        if first + count <= state.shape[2]:
            state[:, :, first : first + count] = rows.reshape(batch, count, state.shape[1], -1).transpose(1, 2)
