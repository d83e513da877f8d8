"""The runner: settings of JAX, loading, and the step that is timed."""

import os
import platform
from collections.abc import Mapping

import jax
import jax.extend
import jaxlib
import numpy
from assay_runner import Description, Loaded, NodeFault, Runner, Unsupported
from devices import available_devices, use_device
from jax.experimental.compilation_cache import compilation_cache
from jax_graph import build, operators
from whole_request import WholeRequest

jax.config.update("jax_enable_x64", True)  # graphs have int64; floating numbers stay what they are
jax.config.update("jax_default_matmul_precision", "highest")  # float32 as float32: no TF32, no bfloat16 in between

VARIANTS = ("jit", "cuda")  # the same, in environments of their own


class JaxRunner(Runner):
    def describe(self):
        return Description(
            framework="JAX",
            version=jax.__version__,
            devices=available_devices(),
            operators=operators(),
            precisions=["f32"],
            training=True,
            details={"jaxlib": jaxlib.__version__, "python": platform.python_version()},
        )

    def load(self, request):
        self._left = self._run = self._weights = self._caches = self._whole = None  # what was loaded before makes room
        _refuse_others(request)
        _settle(request)
        use_device(request.device)
        self._shares_memory = request.device == "cpu"
        if request.generation:
            self._whole = WholeRequest(request, lambda graph: _built(graph, request))
            return Loaded("f32", request.threads, "compiled by XLA in the first step")
        program = _built(request.graph, request)
        self._program = program
        self._weights = program.residents(request.weights, request.state)
        self._caches = program.caches(request.state)
        self._trained = program.trained(request.weights)
        # The caches of keys and values are given away in each step and come back: XLA writes the new rows in their place.
        self._run = jax.jit(program.with_gradients if request.gradients else program.forward, donate_argnums=2)
        return Loaded("f32", request.threads, "compiled by XLA in the first step")

    def prepare(self, inputs):
        """The arguments in order, where they lie in host memory; a device of its own gets them in the step."""
        arrays = [inputs[name] for name in (["input_ids"] if self._whole else self._program.inputs)]
        return [jax.device_put(array, may_alias=True) for array in arrays] if self._shares_memory else arrays

    def step(self, inputs):
        self._left = None  # the memory of the step before is free for this one
        self._left, self._caches = self._run(self._trained, self._weights, self._caches, inputs)
        jax.block_until_ready((self._left, self._caches))

    def parts(self, inputs):
        self._left = None
        yield from self._whole.parts(*inputs)

    def outputs(self):
        if self._whole:
            logits = self._whole.logits()
            return Arrays({"logits": numpy.asarray(logits if self._shares_memory else _fetched([logits])[0])})
        return Arrays(self._program.named(self._left if self._shares_memory else _fetched(self._left)))


def _built(graph, request):
    program, faults = build(graph, gradients=request.gradients)
    if faults:
        nodes = [NodeFault(node.name, node.op, message) for node, message in faults]
        raise Unsupported("operator", f"{len(nodes)} of {len(graph.nodes)} nodes", nodes)
    return program


def _fetched(arrays):
    """What lies on a device of its own, in host memory. JAX keeps what was fetched of an array, so copies are fetched: to write outputs again
    takes as long as the first time."""
    return jax.device_get(_copied(arrays))


@jax.jit
def _copied(arrays):
    return [array.copy() for array in arrays]


class Arrays(Mapping):
    """Arrays in host memory, row-major; each is copied, where it must be, when it is looked up: so are the views of filters' gradients."""

    def __init__(self, arrays):
        self._arrays = arrays

    def __getitem__(self, name):
        return numpy.ascontiguousarray(self._arrays[name]).reshape(self._arrays[name].shape)

    def __iter__(self):
        return iter(self._arrays)

    def __len__(self):
        return len(self._arrays)


def _refuse_others(request):
    if request.variant not in VARIANTS:
        raise ValueError(f"unknown variant '{request.variant}', expected one of {', '.join(VARIANTS)}")
    if request.precision != "f32":
        raise Unsupported("precision", f"only f32, not {request.precision}")


_threads = None


def _settle(request):
    """XLA's pool of threads is made with the first array and stays as long as the process."""
    global _threads
    _keep_compiled(request.cache / "xla")
    if _threads == request.threads:
        return
    if _threads is not None:
        raise RuntimeError(f"the pool of {_threads} threads cannot become one of {request.threads}")
    _threads = request.threads
    jax.extend.backend.clear_backends()  # where describe had to ask for devices, it made a pool of all processors
    os.environ["PJRT_NPROC"] = os.environ["NPROC"] = str(request.threads)
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # of a GPU's memory: as much as is needed


def _keep_compiled(folder):
    """Keeps all that XLA compiles in the folder, where a later load finds it."""
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if jax.config.jax_compilation_cache_dir != str(folder):
        compilation_cache.reset_cache()
        jax.config.update("jax_compilation_cache_dir", str(folder))
