"""The ONNX standard's own node tests as data for the reference: python generate.py FOLDER

Writes FOLDER/cases.tsv, one line a case (name, operator, rtol, atol, and the graph in Assay's format or "!" and why the
format cannot express it), and FOLDER/tensors.safetensors with the tensors "CASE/in/NAME" and "CASE/out/NAME". Which cases
count is decided by the test that reads them (src/reference/onnx_nodes_test.cc).
"""

import json
import math
import pathlib
import sys
import warnings

import numpy
import onnx
from onnx.backend.test.case.node import collect_testcases

DTYPES = {
    "float32": "F32", "float64": "F64", "float16": "F16", "bfloat16": "BF16",
    "int64": "I64", "int32": "I32", "bool": "BOOL",
}
# Operands that decide a shape or an axis: ONNX's tests pass them as inputs, our graphs hold them as constants.
CONSTANT_OPERANDS = {
    "CumSum": {1}, "Expand": {1}, "OneHot": {1}, "Pad": {1, 3}, "ReduceL1": {1}, "ReduceL2": {1}, "ReduceLogSum": {1}, "ReduceLogSumExp": {1},
    "ReduceMax": {1}, "ReduceMean": {1}, "ReduceMin": {1}, "ReduceProd": {1}, "ReduceSum": {1}, "ReduceSumSquare": {1}, "Reshape": {1},
    "Resize": {1, 2, 3}, "Slice": {1, 2, 3, 4}, "Split": {1}, "Squeeze": {1}, "Tile": {1}, "TopK": {1}, "Trilu": {1}, "Unsqueeze": {1},
}


class Inexpressible(Exception):
    """What the graph format cannot hold."""


def dtype_name(array):
    if not isinstance(array, numpy.ndarray | numpy.generic):
        raise Inexpressible(f"a value of type {type(array).__name__}")
    name = DTYPES.get(array.dtype.name)
    if name is None:
        raise Inexpressible(f"elements of type {array.dtype.name}")
    return name


def number(value):
    """A float as JSON: text where JSON has no number for it."""
    value = float(value)
    if math.isnan(value):
        return "nan"
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def constant_data(array):
    if array.dtype.kind in "iu":
        return [int(x) for x in array.flat]
    if array.dtype.kind == "b":
        return [bool(x) for x in array.flat]
    return [number(x) for x in array.flat]


def attribute(proto):
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return value
    if isinstance(value, list) and all(isinstance(x, int) for x in value):
        return list(value)
    raise Inexpressible(f"attribute {proto.name}")


def value_entry(name, array, role):
    entry = {"name": name, "dtype": dtype_name(array), "shape": list(array.shape), "role": role}
    if role == "constant":
        entry["data"] = constant_data(array)
    return entry


def graph_of(case, inputs, outputs):
    """The case as a graph in Assay's format. `inputs` and `outputs` are arrays by name."""
    node = case.model.graph.node[0]
    constants = {node.input[i] for i in CONSTANT_OPERANDS.get(node.op_type, ()) if i < len(node.input)}
    values = [value_entry(name, array, "constant" if name in constants else "input") for name, array in inputs.items()]
    values += [value_entry(name, array, "computed") for name, array in outputs.items()]
    attributes = {a.name: attribute(a) for a in node.attribute}
    return {
        "assay_graph": 1, "name": case.name, "values": values,
        "nodes": [{"name": node.name or node.op_type, "op": node.op_type, "inputs": list(node.input),
                   "outputs": list(node.output), "attributes": attributes}],
        "outputs": list(outputs),
    }


def single_node_cases():
    """Cases of one node of the standard's own domain, without those that spell a function out in other operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases()
    for case in cases:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].domain == "" and "_expanded" not in case.name:
            yield case


def arrays_of(infos, values):
    """Arrays by the name of the graph's input or output."""
    arrays = {}
    for info, value in zip(infos, values, strict=True):
        arrays[info.name] = onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value
    return arrays


def convert(case, tensors):
    """The case's graph as text; adds its tensors to `tensors`."""
    given, expected = case.data_sets[0]
    inputs = arrays_of(case.model.graph.input, given)
    outputs = arrays_of(case.model.graph.output, expected)
    graph = graph_of(case, inputs, outputs)
    for side, arrays in (("in", inputs), ("out", outputs)):
        for name, array in arrays.items():
            tensors[f"{case.name}/{side}/{name}"] = numpy.asarray(array)
    return json.dumps(graph)


def write_safetensors(path, tensors):
    """The largest elements first, so that each tensor lies at a multiple of its element's size."""
    tensors = dict(sorted(tensors.items(), key=lambda item: -item[1].itemsize))
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": dtype_name(array), "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(numpy.ascontiguousarray(array).tobytes())


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    tensors, lines = {}, []
    for case in single_node_cases():
        try:
            graph = convert(case, tensors)
        except Inexpressible as reason:
            graph = f"!{reason}"
        node = case.model.graph.node[0]
        lines.append("\t".join([case.name, node.op_type, repr(case.rtol), repr(case.atol), graph]))
    write_safetensors(folder / "tensors.safetensors", tensors)
    (folder / "cases.tsv").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} cases in {folder}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
