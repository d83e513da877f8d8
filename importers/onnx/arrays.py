#!/usr/bin/env python3
"""An input set in NumPy's .npz as safetensors: `file`, `out`, `memory`. float16 and float64 become float32, as in models."""

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
    wide = {name: array.astype("float32") if array.dtype.kind == "f" else array for name, array in arrays.items()}
    output.write_tensors(wide, Path(request["out"]))
    return {}


if __name__ == "__main__":
    program.main(convert)
