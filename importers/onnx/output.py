"""The normal form as files: model.onnx, opset 24, and weights.safetensors beside it with every float32 tensor of more than one element,
to which the initialisers refer."""

import json
import struct

import numpy as np
import onnx
from onnx import helper, numpy_helper
from refused import Refused

FLOAT = onnx.TensorProto.FLOAT


def write(model, folder):
    weights = {}
    graph = model.graph
    del graph.value_info[:]
    _drop_unused(graph)
    for place, tensor in enumerate(graph.initializer):
        array = numpy_helper.to_array(tensor)
        if tensor.data_type == FLOAT and array.size > 1:
            weights[tensor.name] = np.ascontiguousarray(array)
        graph.initializer[place].CopyFrom(numpy_helper.from_array(array, tensor.name))  # one form of the data: raw
    for name, (offset, length) in write_tensors(weights, folder / "weights.safetensors").items():
        _refer(next(tensor for tensor in graph.initializer if tensor.name == name), offset, length)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def _drop_unused(graph):
    used = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


NAMES = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32", "bool": "BOOL"}


def write_tensors(weights, path):
    """{name: (offset, length)} in the file."""
    if "__metadata__" in weights:
        raise Refused("a tensor is called __metadata__, which no weights file can hold")
    header, end = {}, 0
    for name, array in weights.items():
        if array.dtype.name not in NAMES:
            raise Refused(f"{name} is of type {array.dtype.name}, which is not among {', '.join(NAMES)}")
        header[name] = {"dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in weights.values():
            file.write(np.ascontiguousarray(array).tobytes())
    start = 8 + len(text)
    return {name: (start + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0]) for name, entry in header.items()}


def _refer(tensor, offset, length):
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "weights.safetensors"), ("offset", offset), ("length", length)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
