"""A whole request: the prompt through one program, then token by token through another, which keep their keys and values in one static cache."""

import torch


class WholeRequest:
    """`built` makes a program of a graph; `mode` and `wait` are the runner's."""

    def __init__(self, request, device, built, mode, wait):
        generation = request.generation
        self._decode = built(generation.decode, generation.empty_states(), request, device)
        self._prefill = built(generation.prefill, {}, request, device, shared=self._decode.weights)
        self._generation, self._mode, self._wait = generation, mode, wait
        self._positions = [torch.full((generation.batch, 1), at, device=device) for at in generation.positions]
        self._logits = []

    def parts(self, ids):
        """Yields when the prompt's last logits are there, then at each token's."""
        self._logits = []
        yield self._run(self._prefill, 0, input_ids=ids[:, : self._generation.prompt])
        for at, position in zip(self._generation.positions, self._positions):
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
        state = self._decode.states[self._generation.state_of(name)]
        batch, count, _ = rows.shape
        if first + count <= state.shape[2]:
            state[:, :, first : first + count] = rows.reshape(batch, count, state.shape[1], -1).transpose(1, 2)
