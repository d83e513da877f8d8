"""The ONNX file, and beside it the example inputs and what PyTorch computes of them: in float64 where the module lets itself be cast, for the
one who compares."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.utils import _pytree as pytree

from .protocol import Refused, progress
from .reasons import reason

OPSET = 23  # the first with Attention and RMSNormalization, which the exporter then writes as they are


def written(case, request):
    folder = Path(request["folder"])
    case.args, case.kwargs = pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.detach().cpu(), (case.args, case.kwargs))
    with torch.no_grad():
        made = _translated(case)
        names = [value.name for value in made.model.graph.inputs]
        shapes = [list(value.shape) for value in made.model.graph.inputs]
        output_names = [value.name for value in made.model.graph.outputs]
        progress("writing the file")
        made.save(request["file"])
        case.program = made = None  # a second copy of the weights
        inputs = _named(names, (case.args, case.kwargs), "inputs")
        progress("computing its outputs with PyTorch")
        outputs, precision = _computed(case)
    save_file({name: _as_given(tensor) for name, tensor in inputs.items()}, folder / "inputs.safetensors")
    save_file({name: _wide(tensor) for name, tensor in _named(output_names, outputs, "outputs").items()}, folder / "outputs.safetensors")
    return {"precision": precision, "sizes": _open_sizes(shapes, inputs.values()), "notes": case.notes}


def _translated(case):
    program = case.program or _captured(case)
    progress("translating it to ONNX")
    try:
        return torch.onnx.export(program, opset_version=OPSET, input_names=case.input_names, output_names=case.output_names, dynamo=True, verbose=False)
    except Exception as error:
        raise Refused(f"PyTorch's exporter cannot translate it to ONNX: {reason(error)}") from error


def _captured(case):
    progress("running it once")
    try:
        case.module(*case.args, **case.kwargs)
    except Exception as error:
        raise Refused(f"it does not run with its example inputs: {reason(error)}") from error
    progress("capturing its graph with torch.export")
    try:
        return torch.export.export(case.module, case.args, case.kwargs, strict=False)
    except Exception as error:
        raise Refused(f"torch.export cannot capture it: {reason(error)}") from error


def _tensors(tree):
    return [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def _named(names, tree, what):
    tensors = _tensors(tree)
    if len(tensors) != len(names):
        raise Refused(f"its ONNX file has {len(names)} {what}, {', '.join(names)}, and PyTorch has {len(tensors)} tensors for them")
    return dict(zip(names, tensors))


def _as_given(tensor):
    """Assay computes in float32, whatever floating type a model has."""
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous().clone()


def _wide(tensor):
    return (tensor.double() if tensor.is_floating_point() else tensor).contiguous().clone()


def _computed(case):
    def cast(dtype):
        change = lambda tensor: _as_given(tensor).to(dtype) if tensor.is_floating_point() else tensor  # noqa: E731
        args, kwargs = pytree.tree_map_only(torch.Tensor, change, (case.args, case.kwargs))
        return case.module.to(dtype)(*args, **kwargs)

    try:
        outputs = cast(torch.float64)
        if all(tensor.dtype == torch.float64 for tensor in _tensors(outputs) if tensor.is_floating_point()):
            return outputs, "float64"
    except Exception:  # noqa: BLE001: of whatever kind; it says that some of its types are fixed
        pass
    try:
        return cast(torch.float32), "float32"
    except Exception as error:
        raise Refused(f"it does not run in float32: {reason(error)}") from error


def _open_sizes(shapes, tensors):
    """The sizes, in the example inputs, of dimensions that the file leaves open."""
    return {str(name): size for shape, tensor in zip(shapes, tensors) for name, size in zip(shape, tensor.shape) if not isinstance(name, int)}
