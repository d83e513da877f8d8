"""The runner: settings of PyTorch, loading, and the step that is timed."""

import platform
import re
from collections.abc import Mapping

import torch
from assay_runner import Description, Loaded, NodeFault, Runner, Unsupported
from devices import available_devices, synchronizer, torch_device
from torch_graph import build, operators
from variants import check_variant, compiled, forget_compiled
from whole_request import WholeRequest


class PyTorchRunner(Runner):
    def describe(self):
        return Description(
            framework="PyTorch",
            version=torch.__version__,
            devices=available_devices(),
            operators=operators(),
            precisions=["f32"],
            training=True,
            details={
                "wheel": _wheel(),
                "python": platform.python_version(),
                "blas": _build_setting("BLAS_INFO"),
                "cpu_capability": torch.backends.cpu.get_cpu_capability(),
                "threads_variable": "OMP_NUM_THREADS",
            },
        )

    def load(self, request):
        self._left = self._forward = self._trainable = None  # what was loaded before makes room
        check_variant(request)
        _settle(request.threads)
        forget_compiled()
        device = torch_device(request.device)
        self._wait = synchronizer(device)
        # Inference tensors cannot be folded into a compiled graph's guards; no_grad is what its users take there.
        self._mode = torch.inference_mode if request.variant == "eager" else torch.no_grad
        if request.generation:
            self._take_request(WholeRequest(request, device, built, self._mode, self._wait), request, device)
        else:
            self._take(built(request.graph, request.state, request, device), request, device)
        return Loaded("f32", torch.get_num_threads(), _notes(request))

    def _take_request(self, whole, request, device):
        self._inputs, self._device, self._parameters = ["input_ids"], device, []
        self._names = list(request.graph.outputs)
        self._forward = whole

    def _take(self, program, request, device):
        self._forward = program.forward
        self._names, self._trainable = program.outputs, program.trainable
        self._parameters = list(program.trainable.values())
        self._inputs, self._device = program.inputs, device
        self.step = self._training_step if request.gradients else self._inference_step

    def prepare(self, inputs):
        """The arguments in order, in host memory: the arrays themselves, or a pinned copy where CUDA is to fetch them."""
        tensors = [torch.from_numpy(inputs[name]) for name in self._inputs]
        return [tensor.pin_memory() for tensor in tensors] if self._device.type == "cuda" else tensors

    def step(self, inputs):
        raise RuntimeError("nothing is loaded")  # load() puts one of the two below in its place

    def _inference_step(self, inputs):
        self._left = None  # the memory of the step before is free for this one
        with self._mode():
            self._left = self._forward(*self._arguments(inputs))
        self._wait()

    def _training_step(self, inputs):
        self._left = None
        (loss,) = self._forward(*self._arguments(inputs))
        gradients = torch.autograd.grad(loss, self._parameters, allow_unused=True, materialize_grads=True)
        self._left = (loss, gradients)
        self._wait()

    def parts(self, inputs):
        self._left = None
        yield from self._forward.parts(*self._arguments(inputs))
        self._left = self._forward.outputs()

    def _arguments(self, tensors):
        return tensors if self._device.type == "cpu" else [tensor.to(self._device, non_blocking=True) for tensor in tensors]

    def outputs(self):
        if not self._parameters:
            return Arrays(dict(zip(self._names, self._left)))
        loss, gradients = self._left
        named = zip(self._trainable, gradients)
        return Arrays({self._names[0]: loss, **{"grad." + name: gradient for name, gradient in named}})


def built(graph, state, request, device, shared=None):
    """The graph as a program, compiled where the variant says so."""
    eager = request.variant == "eager"
    path = str(request.cache / f"{graph.name.rsplit('/')[-1]}.py")
    program, faults = build(graph, request.weights, state, device, gradients=request.gradients, as_module=not eager, path=path, shared=shared)
    if faults:
        nodes = [NodeFault(node.name, node.op, message) for node, message in faults]
        raise Unsupported("operator", f"{len(nodes)} of {len(graph.nodes)} nodes", nodes)
    if not eager:
        program.forward = compiled(program.forward, request)
    return program


class Arrays(Mapping):
    """Tensors as arrays in host memory, row-major; each is copied, where it must be, when it is looked up."""

    def __init__(self, tensors):
        self._tensors = tensors

    def __getitem__(self, name):
        return self._tensors[name].detach().cpu().contiguous().numpy()

    def __iter__(self):
        return iter(self._tensors)

    def __len__(self):
        return len(self._tensors)


def _settle(threads):
    """The threads, and float32 as float32: no TF32, no bfloat16 in between."""
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _notes(request):
    return "" if request.variant == "eager" else "compiled by Inductor in the first step"


def _wheel():
    """What the installed package was built for: "cpu", "cuda 13.2", "rocm 6.4"."""
    if torch.version.cuda:
        return f"cuda {torch.version.cuda}"
    if torch.version.hip:
        return f"rocm {torch.version.hip}"
    return "xpu" if getattr(torch.version, "xpu", None) else "cpu"


def _build_setting(name):
    """One entry of the list that PyTorch prints about its build; "unknown" when it is not there."""
    found = re.search(rf"\b{name}=([^,\s]+)", torch.__config__.show())
    return found[1] if found else "unknown"
