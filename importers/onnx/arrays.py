#!/usr/bin/env python3
"""An input set in NumPy's .npz as safetensors: `file`, `out`, `memory`. float16 and float64 become float32, integers of
fewer bits int32, as in models."""

import program
from refused import Refused


def convert(request):
    import numpy as np
    import output
    from pathlib import Path

    try:
        with np.load(request["file"], allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(f"this is no .npz file of arrays ({error})") from error
    output.write_tensors({name: _wide(array) for name, array in arrays.items()}, Path(request["out"]))
    return {}


def _wide(array):
    if array.dtype.kind == "f":
        return array.astype("float32")
    return array.astype("int32") if array.dtype.name in ("int8", "uint8", "int16", "uint16") else array


if __name__ == "__main__":
    program.main(convert)
