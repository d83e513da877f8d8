"""What the interpreter must have: looked at first, so that who gave another one with --python hears which package it lacks."""

import importlib.util
import sys

from .protocol import Refused

OLDEST = (2, 9)  # the first that writes attention as one operator


def check():
    for package in ("torch", "onnx", "onnxscript", "numpy", "safetensors"):
        if importlib.util.find_spec(package) is None:
            raise Refused(f"{sys.executable} has no package {package}: install torch, onnx, onnxscript and safetensors there", usage=True)
    _load("numpy"), _load("onnx")
    torch = _load("torch")
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < OLDEST:
        raise Refused(f"{sys.executable} has torch {torch.__version__}; its exporter is needed as of {OLDEST[0]}.{OLDEST[1]}", usage=True)


def _load(package):
    """Compiled packages of another version of Python are found and cannot be loaded."""
    try:
        return importlib.import_module(package)
    except Exception as error:
        raise Refused(f"{sys.executable} cannot load the package {package} ({error}): install torch, onnx, onnxscript and safetensors there", usage=True) from error
