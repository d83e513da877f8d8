"""A whole request: the prompt through one session, then token by token through another, whose keys and values lie in caches that fill."""

import numpy
from assay_runner import aligned_empty
from onnxruntime import OrtValue
from rewrite import rewritten
from sessions import open_session

ROWS = "layers."  # what the outputs with new keys and values begin with


class WholeRequest:
    """Two sessions; outputs and caches lie in this runner's own memory, where the sessions write them."""

    def __init__(self, request):
        generation = request.generation
        self._generation = generation
        self._prefill = _Part(generation.prefill_onnx, generation.prefill, request)
        self._decode = _Part(generation.decode_onnx, generation.decode, request)
        self._logits = aligned_empty(request.graph.values["logits"].shape, numpy.float32)
        self.notes, self.threads = self._decode.program.notes, self._decode.threads
        self._caches = {}
        for value in generation.decode.with_role("state"):
            cache = self._decode.program.caches.get(value.name)
            batch, heads, room, size = value.shape
            self._caches[value.name] = numpy.zeros((batch, heads, cache.capacity if cache else room, size), numpy.float32)
        self._decode.keep(self._caches)

    @staticmethod
    def wrapped(inputs):
        return inputs["input_ids"]

    def parts(self, ids):
        """Yields when the prompt's last logits are there, then at each token's."""
        yield self._run(self._prefill, 0, 0, input_ids=ids[:, : self._generation.prompt])
        for place, at in enumerate(self._generation.positions, 1):
            yield self._run(self._decode, place, at, input_ids=ids[:, at : at + 1], position=numpy.full((len(ids), 1), at))

    def _run(self, part, place, first, **inputs):
        part.run(inputs)
        self._logits[:, place : place + 1] = part.outputs["logits"]
        for name, rows in part.outputs.items():
            if name.startswith(ROWS):
                self._put(name, rows, first)

    def _put(self, name, rows, first):
        """layers.N.key or .value [batch, count, heads * size] into its cache [batch, heads, places, size]; no token follows the last."""
        cache = self._caches[self._generation.state_of(name)]
        batch, count, _ = rows.shape
        if first + count <= cache.shape[2]:
            cache[:, :, first : first + count] = rows.reshape(batch, count, cache.shape[1], -1).swapaxes(1, 2)

    def outputs(self):
        return {"logits": self._logits}


class _Part:
    """One of the two, its outputs bound once."""

    def __init__(self, path, graph, request):
        self.program = rewritten(path, graph, variable_weights=False)
        self._session = open_session(self.program, request, path)
        self.threads = self._session.get_session_options().intra_op_num_threads
        self._binding = self._session.io_binding()
        self.outputs = {name: aligned_empty(graph.values[name].shape, numpy.float32) for name in self.program.output_names}
        self._held = {name: OrtValue.ortvalue_from_numpy(array) for name, array in self.outputs.items()}
        for name, value in self._held.items():
            self._binding.bind_ortvalue_output(name, value)

    def keep(self, caches):
        """Binds the caches, which the session reads, and where it can writes in place."""
        self._resident = {name: OrtValue.ortvalue_from_numpy(array) for name, array in caches.items()}
        for name, value in self._resident.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, past in self.program.cache_outputs.items():
            self._binding.bind_ortvalue_output(name, self._resident[past])

    def run(self, inputs):
        for name, array in inputs.items():
            self._binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(numpy.ascontiguousarray(array)))
        self._session.run_with_iobinding(self._binding)
