"""What sets the variants apart: whether and how the model is compiled."""

import os
import shutil
import sysconfig
from pathlib import Path

import torch
import torch._inductor.config
from assay_runner import Unsupported

VARIANTS = ("eager", "compile", "cudagraphs")


def check_variant(request):
    """Raises Unsupported for what the variant cannot do here."""
    if request.variant not in VARIANTS:
        raise ValueError(f"unknown variant '{request.variant}', expected one of {', '.join(VARIANTS)}")
    if request.precision != "f32":
        raise Unsupported("precision", f"only f32, not {request.precision}")
    if request.variant == "cudagraphs" and request.device != "cuda":
        raise Unsupported("device", f"CUDA graphs need the device cuda, not {request.device}")
    if request.variant == "compile" and request.device == "cpu":
        _check_compiler()


def _check_compiler():
    compiler = os.environ.get("CXX", "g++")
    if not shutil.which(compiler):
        raise Unsupported("build", f"torch.compile needs the C++ compiler {compiler}, which is not installed")
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        raise Unsupported("build", f"torch.compile needs the headers of Python: no Python.h in {headers}")


def forget_compiled():
    """What was compiled before a load is in its way: a second form of the same code counts as compiled again."""
    torch._dynamo.reset()


def compiled(module, request):
    """The module compiled in one graph; it is an error when it breaks into several, or is compiled again later."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(request.cache / "inductor")
    os.environ["TRITON_CACHE_DIR"] = str(request.cache / "triton")
    torch._dynamo.config.error_on_recompile = True
    # For inference weights are folded and packed, as Inductor's users do; never for training. Dynamo asks the global setting.
    torch._inductor.config.freezing = not request.gradients
    options = {"triton.cudagraphs": True} if request.variant == "cudagraphs" else None
    return torch.compile(module, fullgraph=True, dynamic=False, options=options)
