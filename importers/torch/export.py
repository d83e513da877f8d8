#!/usr/bin/env python3
"""Makes an ONNX file of a model that lives in PyTorch, and says what PyTorch itself computes with it.

    export.py REQUEST.json

The request has `kind` ("torch" or "hf"), `source` as on the command line, `file` to write, `folder` for what goes with it, `directory` that the command was called in, `sizes` by
name, `task`, and `packages`: folders with what the interpreter may lack (onnx, onnxscript, transformers).
"""

import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent)  # where it stays until the package is found: what users call their own modules must not be ours
from assay_export import protocol  # noqa: E402

sys.path.pop(0)


def exported(request):
    protocol.progress("loading PyTorch")
    sys.path += [folder for folder in request["packages"] if folder not in sys.path]  # behind its own, which stay what they are
    from assay_export import needs

    needs.check()
    from assay_export import checkpoint, from_torch, result

    made = {"torch": from_torch.case_of, "hf": checkpoint.case_of}[request["kind"]](request)
    return result.written(made, request)


if __name__ == "__main__":
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1", CUDA_VISIBLE_DEVICES="")
    protocol.main(exported)
