"""Arguments and results of a session, bound once: a step is one call that allocates nothing in Python."""

import numpy
from onnxruntime import OrtValue


class Bindings:
    """One IOBinding an input set; states, caches and outputs are shared by both."""

    def __init__(self, session, program, request):
        self._session = session
        self._program = program
        self._caches = {name: cache.filled(request.state[name]) for name, cache in program.caches.items()}
        resident = {name: OrtValue.ortvalue_from_numpy(array) for name, array in self._caches.items()}
        for name, array in request.state.items():
            if name not in resident:
                resident[name] = OrtValue.ortvalue_from_numpy(numpy.array(array))
        self._outputs = {output.name: OrtValue.ortvalue_from_shape_and_type(output.shape, _element(output))
                         for output in session.get_outputs() if output.name not in program.cache_outputs}
        # Each set's arguments stay where they are read from: in the runner's own memory.
        arguments = [{name: OrtValue.ortvalue_from_numpy(array) for name, array in inputs.items()} for inputs in request.inputs]
        self._bound = [self._bind(values | resident) for values in arguments]

    def _bind(self, values):
        binding = self._session.io_binding()
        for name, value in values.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in self._outputs.items():
            binding.bind_ortvalue_output(name, value)
        # A cache is written in place: the same memory is the past that goes in and the present that comes out.
        for name, past in self._program.cache_outputs.items():
            binding.bind_ortvalue_output(name, values[past])
        return binding

    def run(self, input_set):
        self._session.run_with_iobinding(self._bound[input_set])

    def outputs(self):
        """The graph's outputs as the last run left them; new rows are read out of the caches."""
        result = {name: value.numpy() for name, value in self._outputs.items()}
        for name, (past, shape) in self._program.cache_rows.items():
            cache = self._program.caches[past]
            result[name] = numpy.ascontiguousarray(self._caches[past][:, :, cache.length:].swapaxes(1, 2)).reshape(shape)
        return {name: result[name] for name in self._program.output_names}


def _element(value):
    return {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64, "tensor(int64)": numpy.int64,
            "tensor(int32)": numpy.int32, "tensor(bool)": numpy.bool_}[value.type]
