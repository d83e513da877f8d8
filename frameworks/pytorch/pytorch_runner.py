"""The runner: settings of PyTorch, loading, and the step that is timed."""

import platform
import re

import torch
from assay_runner import Description, Loaded, NodeFault, Runner, Unsupported
from devices import available_devices, synchronizer, torch_device
from torch_graph import build, operators
from torch_graph.program import to_device
from variants import compiled, check_variant


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
        device = torch_device(request.device)
        eager = request.variant == "eager"
        program, faults = build(
            request.graph, request.weights, request.state, device,
            gradients=request.gradients, as_module=not eager, path=str(request.cache / "graph.py"),
        )
        if faults:
            nodes = [NodeFault(node.name, node.op, message) for node, message in faults]
            raise Unsupported("operator", f"{len(nodes)} of {len(request.graph.nodes)} nodes", nodes)
        self._take(program, request, device)
        return Loaded("f32", torch.get_num_threads(), _notes(request))

    def _take(self, program, request, device):
        eager = request.variant == "eager"
        self._forward = program.forward if eager else compiled(program.forward, request)
        self._names, self._trainable = program.outputs, program.trainable
        self._parameters = list(program.trainable.values())
        self._inputs = [_host_inputs(program, inputs, device) for inputs in request.inputs]
        self._place = (lambda tensor: tensor) if device.type == "cpu" else (lambda tensor: tensor.to(device, non_blocking=True))
        self._on_host = device.type == "cpu"
        self._wait = synchronizer(device)
        # Inference tensors cannot be folded into a compiled graph's guards; no_grad is what its users take there.
        self._mode = torch.inference_mode if eager else torch.no_grad
        self.step = self._training_step if request.gradients else self._inference_step

    def step(self, input_set):
        raise RuntimeError("nothing is loaded")  # load() puts one of the two below in its place

    def _inference_step(self, input_set):
        self._left = None  # the memory of the step before is free for this one
        with self._mode():
            self._left = self._forward(*self._arguments(input_set))
        self._wait()

    def _training_step(self, input_set):
        self._left = None
        (loss,) = self._forward(*self._arguments(input_set))
        gradients = torch.autograd.grad(loss, self._parameters, allow_unused=True, materialize_grads=True)
        self._left = (loss, gradients)
        self._wait()

    def _arguments(self, input_set):
        tensors = self._inputs[input_set]
        return tensors if self._on_host else [self._place(tensor) for tensor in tensors]

    def outputs(self):
        if not self._parameters:
            return {name: _array(tensor) for name, tensor in zip(self._names, self._left)}
        loss, gradients = self._left
        named = zip(self._trainable, gradients)
        return {self._names[0]: _array(loss), **{"grad." + name: _array(gradient) for name, gradient in named}}


def _settle(threads):
    """The threads, and float32 as float32: no TF32, no bfloat16 in between."""
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _host_inputs(program, inputs, device):
    """The arguments in host memory, in order; pinned where another device fetches them."""
    tensors = [to_device(inputs[name], "cpu") for name in program.inputs]
    return [tensor.pin_memory() if device.type == "cuda" else tensor for tensor in tensors]


def _array(tensor):
    return tensor.detach().cpu().contiguous().numpy()


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
