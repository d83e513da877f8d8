"""Results and residents of a session, bound once; the arguments are bound in each step: one call each, which allocates nothing in Python."""

import numpy
from assay_runner import aligned_empty
from onnxruntime import OrtValue


class Bindings:
    """One IOBinding. States, caches and outputs lie in this runner's own memory, which the session reads and writes in place."""

    def __init__(self, session, program, request):
        self._session = session
        self._program = program
        self._caches = {name: cache.filled(request.state[name]) for name, cache in program.caches.items()}
        resident = {name: OrtValue.ortvalue_from_numpy(array) for name, array in self._caches.items()}
        for name, array in request.state.items():
            if name not in resident:
                resident[name] = OrtValue.ortvalue_from_numpy(numpy.array(array))
        for name, array in request.fixed.items():
            resident[name] = OrtValue.ortvalue_from_numpy(numpy.array(array))
        self._outputs = {output.name: aligned_empty(_shape(output, request.graph), _element(output))
                         for output in session.get_outputs() if output.name not in program.cache_outputs}
        self._held = (resident, {name: OrtValue.ortvalue_from_numpy(array) for name, array in self._outputs.items()})
        self._bind(*self._held)

    def _bind(self, resident, outputs):
        self._binding = self._session.io_binding()
        for name, value in resident.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in outputs.items():
            self._binding.bind_ortvalue_output(name, value)
        # A cache is written in place: the same memory is the past that goes in and the present that comes out.
        for name, past in self._program.cache_outputs.items():
            self._binding.bind_ortvalue_output(name, resident[past])

    @staticmethod
    def wrapped(inputs):
        """The arguments as the session takes them, where they lie."""
        return [(name, OrtValue.ortvalue_from_numpy(array)) for name, array in inputs.items()]

    def run(self, arguments):
        for name, value in arguments:
            self._binding.bind_ortvalue_input(name, value)
        self._session.run_with_iobinding(self._binding)

    def outputs(self):
        """The graph's outputs as the last run left them; new rows are read out of the caches."""
        result = dict(self._outputs)
        for name, (past, shape) in self._program.cache_rows.items():
            cache = self._program.caches[past]
            result[name] = numpy.ascontiguousarray(self._caches[past][:, :, cache.length:].swapaxes(1, 2)).reshape(shape)
        return {name: result[name] for name in self._program.output_names}


def _shape(output, graph):
    """Of an output; the graph's own have numbers there, whatever the file says."""
    return graph.values[output.name].shape if output.name in graph.values else output.shape


def _element(value):
    return {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64, "tensor(int64)": numpy.int64,
            "tensor(int32)": numpy.int32, "tensor(bool)": numpy.bool_}[value.type]
