"""The user's own ONNX file, unmodified: what the runtime makes of it by itself."""

import onnxruntime
from assay_runner import Unsupported
from sessions import PROVIDER, options

ELEMENTS = {"tensor(float)": "F32", "tensor(double)": "F64", "tensor(float16)": "F16", "tensor(int64)": "I64", "tensor(int32)": "I32", "tensor(bool)": "BOOL"}


class GivenFile:
    """In the place of a rewritten Program: no caches, the graph's outputs under the names that the file has for them."""

    def __init__(self, graph):
        self.caches, self.cache_outputs, self.cache_rows, self.notes = {}, {}, {}, []
        self.output_names = list(graph.outputs)


def open_given(request):
    """A session of the file. Raises Unsupported where its inputs or outputs are of other types than the graph's, which is computed in float32."""
    session = onnxruntime.InferenceSession(str(request.original_path), options(request.threads), providers=[PROVIDER])
    for value in [*session.get_inputs(), *session.get_outputs()]:
        wanted = request.graph.values.get(value.name)
        if wanted is not None and ELEMENTS.get(value.type) != wanted.dtype:
            raise Unsupported("precision", f"the file has {value.name} as {value.type}, not as {wanted.dtype}")
    return session
