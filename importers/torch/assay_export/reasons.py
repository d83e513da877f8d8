"""Why something failed, in a line: what PyTorch says first, and the line of the model's own code that it says it of."""

import linecache
import traceback
from pathlib import Path

import torch

MOST = 300  # characters of each part
OTHERS = (Path(__file__).resolve().parent, Path(torch.__file__).resolve().parent)  # code that is nobody's model


def reason(error):
    inner = _innermost(error)
    text = next((line.strip() for line in str(inner).splitlines() if line.strip()), "")
    said = f"{type(inner).__name__}: {text}" if text else type(inner).__name__
    return said[:MOST] + _place(error)


def _innermost(error):
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _place(error):
    """The innermost line that is neither PyTorch's nor ours."""
    for frame in reversed(_frames(error)):
        path = Path(frame.filename)
        if frame.filename.startswith("<") or any(path.is_relative_to(folder) for folder in OTHERS) or _is_of_python(path):
            continue
        line = " ".join(linecache.getline(frame.filename, frame.lineno).split())
        return f" (in {_short(path)}, line {frame.lineno}{': ' if line else ''}{line[:MOST]})"
    return ""


def _frames(error):
    found = []
    while error is not None:
        found = traceback.extract_tb(error.__traceback__) + found
        error = error.__cause__
    return found


def _is_of_python(path):
    return path.is_relative_to(Path(traceback.__file__).parent) and "site-packages" not in path.parts


def _short(path):
    """transformers/models/vit/modeling_vit.py instead of where it is installed."""
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1:]) if "site-packages" in parts else path.name
