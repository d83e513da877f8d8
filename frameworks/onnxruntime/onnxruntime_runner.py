"""The runner: loads the ONNX file, binds states and outputs once, and runs the session on the arguments of each step."""

import platform

import onnxruntime
from as_given import GivenFile, open_given
from assay_runner import Description, Loaded, Runner, Unsupported
from bindings import Bindings
from rewrite import rewritten
from sessions import open_session
from whole_request import WholeRequest

VARIANTS = ("default", "gradient-graph", "as-given")


class OnnxRuntimeRunner(Runner):
    def __init__(self):
        self._bindings = None

    def describe(self):
        return Description(
            framework="ONNX Runtime",
            version=onnxruntime.__version__,
            devices=[{"name": "cpu", "description": platform.processor() or platform.machine()}],
            precisions=["f32"],
            training=False,  # no automatic differentiation since 1.20
            details={
                "wheel": onnxruntime.get_build_info(),
                "python": platform.python_version(),
                "threads": "SessionOptions.intra_op_num_threads",
            },
        )

    def load(self, request):
        self._bindings = None  # what was loaded before makes room
        _check(request)
        if request.variant == "as-given":
            return self._take(open_given(request), GivenFile(request.graph), request)
        if request.generation:
            self._bindings = WholeRequest(request)
            self.prepare, self.parts = self._bindings.wrapped, self._bindings.parts
            return Loaded("f32", self._bindings.threads, ", ".join(self._bindings.notes))
        # In a training step the weights change: they are arguments, so that nothing is folded or packed ahead of it.
        program = rewritten(request.onnx_path, request.graph, variable_weights=request.variant == "gradient-graph")
        return self._take(open_session(program, request), program, request)

    def _take(self, session, program, request):
        self._bindings = Bindings(session, program, request)
        self.prepare, self.step = self._bindings.wrapped, self._bindings.run
        return Loaded("f32", session.get_session_options().intra_op_num_threads, ", ".join(program.notes))

    def step(self, inputs):
        raise RuntimeError("nothing is loaded")  # load() puts the bindings' run in its place

    def outputs(self):
        return self._bindings.outputs()


def _check(request):
    """Raises Unsupported for what the variant cannot do here."""
    if request.variant not in VARIANTS:
        raise ValueError(f"unknown variant '{request.variant}', expected one of {', '.join(VARIANTS)}")
    if request.precision != "f32":
        raise Unsupported("precision", f"only f32, not {request.precision}")
    if request.device != "cpu":
        raise Unsupported("build", f"the package that is installed computes on cpu, not on {request.device}")
    if request.gradients:
        raise Unsupported("operator", "ONNX Runtime has no automatic differentiation; see the variant gradient-graph")
    if request.variant == "as-given" and request.original_path is None:
        raise ValueError("load names no file of the user's")
    if request.variant != "as-given" and request.onnx_path is None:
        raise ValueError("load names no ONNX file")
