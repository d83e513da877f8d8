#!/usr/bin/env python3
"""Brings an ONNX file into the one form that Assay's core reads: opset 24, static shapes, nothing nested, no constants left to be worked
out, float32.

    normalise.py REQUEST.json

The request has `file`, `folder` to write to, `dims` and `fixed` by name, `memory` in bytes. What imports the field's packages is imported
when memory is limited.
"""

from pathlib import Path

import program


def normalise(request):
    import arguments
    import floats
    import fold
    import onnx
    import output
    import quantised
    import structure

    path, folder = Path(request["file"]), Path(request["folder"])
    model = structure.read(path)
    structure.check(model, path)
    data = structure.data_files(model)
    fixed = arguments.settle(model, request["dims"], request["fixed"])
    structure.check_by_standard(model, path)
    arguments.forget_shapes(model.graph)
    onnx.load_external_data_for_model(model, str(path.parent))
    model = fold.folded(model)
    narrow = quantised.to_float32(model)
    was = floats.to_float32(model)
    if narrow.types:
        model = fold.again(model)
    output.write(model, folder)
    if fixed:
        output.write_tensors(fixed, folder / "fixed.safetensors")
    return {"data": data, "floats": was, "integers": narrow.types, "long_sums": narrow.long_sums, "ranges": narrow.ranges, "fixed": bool(fixed)}


if __name__ == "__main__":
    program.main(normalise)
