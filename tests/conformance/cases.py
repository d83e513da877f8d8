"""Small graphs, one operator each, as folders that `assay judge --graphs` takes: the ONNX standard's node tests of the operators of
docs/operators.md, and the graphs of tests/gradients, which end in a loss.

The gate judges float32, with integers and booleans beside it; cases of other types are left out, and those whose outputs are not finite.
A second input set is the first with its numbers in another order; integers stay, since they may be indices. Of a product,
which order changes in its last digit alone, the numbers are smaller.
"""

import json
import math
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import suites  # noqa: E402

TYPES = {"F32": numpy.float32, "I64": numpy.int64, "I32": numpy.int32, "BOOL": numpy.bool_}
SETS = 2


@dataclass
class Case:
    name: str
    operator: str
    graph: dict
    inputs: list  # a dictionary of arrays for each set
    weights: dict = field(default_factory=dict)

    def write(self, place):
        folder = place / self.name
        folder.mkdir(parents=True)
        (folder / "graph.json").write_text(json.dumps(self.graph))
        for number, arrays in enumerate(self.inputs):
            save_file(arrays, folder / f"inputs-{number}.safetensors")
        if self.weights:
            save_file(self.weights, folder / "weights.safetensors")


def operators():
    """The names in the table of docs/operators.md."""
    names = [match[1] for match in re.finditer(r"^\| ([A-Z]\w+) \|", (ROOT / "docs/operators.md").read_text(), re.MULTILINE)]
    return [name for name in names if name != "Operator"]


def value(name, array, role):
    dtype = next(name for name, kind in TYPES.items() if numpy.dtype(kind) == array.dtype)
    return {"name": name, "dtype": dtype, "shape": list(array.shape), "role": role} | ({"data": array.ravel().tolist()} if role == "constant" else {})


def moved(array):
    """The same numbers in another order, so that they stay within what the operator takes."""
    array = numpy.asarray(array)
    return numpy.roll(array, 1).reshape(array.shape) if array.dtype.kind in "fb" else array


def smaller(array):
    """The same floating numbers, each a little smaller, for what does not mind their order."""
    array = numpy.asarray(array)
    return (array * array.dtype.type(0.9)).astype(array.dtype) if array.dtype.kind == "f" else array


def two_sets(arrays, other=moved):
    return [{name: numpy.array(order(array), order="C") for name, array in arrays.items()} for order in (numpy.asarray, other)]


# What the standard has no node test of in these types: our own operator, and those whose tests are of others.
def own_cases():
    random = numpy.random.default_rng(0)
    x, w, b = (random.standard_normal(shape).astype(numpy.float32) for shape in ((2, 3, 8), (5, 8), (5,)))
    return [
        made("linear", "Linear", {"x": x, "w": w}, (2, 3, 5)),
        made("linear_with_bias", "Linear", {"x": x, "w": w, "b": b}, (2, 3, 5)),
        made("cast_boolean_to_float", "Cast", {"x": x > 0}, x.shape, to=1),
        made("cast_integer_to_float", "Cast", {"x": numpy.arange(6)}, (6,), to=1),
        made("cast_float_to_integer", "Cast", {"x": 4 * x}, x.shape, "I64", to=7),
        made("one_hot", "OneHot", {"x": numpy.array([2, 0, 1]), "depth": numpy.array(3), "values": numpy.array([0, 1], numpy.float32)},
             (3, 3), constants=("depth",)),
        made("einsum", "Einsum", {"a": x, "b": numpy.ascontiguousarray(x.transpose(0, 2, 1))}, (2, 3, 3), equation="bij,bjk->bik"),
        made("reduce_log_sum_exp", "ReduceLogSumExp", {"x": x, "axes": numpy.array([1])}, (2, 8), constants=("axes",), keepdims=0),
    ]


def made(name, operator, arrays, shape, dtype="F32", constants=(), **attributes):
    values = [value(key, array, "constant" if key in constants else "input") for key, array in arrays.items()]
    node = {"name": "node", "op": operator, "inputs": list(arrays), "outputs": ["y"], "attributes": attributes}
    graph = {"assay_graph": 1, "name": name, "values": [*values, {"name": "y", "dtype": dtype, "shape": list(shape), "role": "computed"}],
             "nodes": [node], "outputs": ["y"]}
    return Case(name, operator, graph, two_sets({key: array for key, array in arrays.items() if key not in constants}))


def node_cases(tools):
    """The standard's, where our reference passes them (tests/onnx_nodes/skips.tsv has the others)."""
    known, place = set(operators()), suites.onnx_node_tests(tools)
    skipped = {line.split("\t")[0] for line in (ROOT / "tests/onnx_nodes/skips.tsv").read_text().splitlines()}
    tensors = load_file_without_bfloat16(place / "tensors.safetensors")
    for line in (place / "cases.tsv").read_text().splitlines():
        name, operator, _, _, text = line.split("\t")
        if operator not in known or name in skipped or text.startswith("!"):
            continue
        graph = json.loads(text)
        outputs = [tensors.get(f"{name}/out/{output}") for output in graph["outputs"]]
        if all(entry["dtype"] in TYPES for entry in graph["values"]) and all(numpy.isfinite(output).all() for output in outputs):
            inputs = {entry["name"]: tensors[f"{name}/in/{entry['name']}"] for entry in graph["values"] if entry["role"] == "input"}
            yield Case(name, operator, graph, two_sets(inputs, smaller if operator == "ReduceProd" else moved))


def load_file_without_bfloat16(path):
    """numpy has no bfloat16, and no case that is judged either."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    return {name: numpy.frombuffer(data, TYPES[entry["dtype"]], math.prod(entry["shape"]), begin + entry["data_offsets"][0]).reshape(entry["shape"])
            for name, entry in header.items() if entry["dtype"] in TYPES}


def gradient_cases(program, scratch):
    """Those of tests/gradients whose gradients are not nothing. What the loss weighs its values with becomes an input, so that each set
    has its own gradients."""
    subprocess.run([program.parent / "tests/gradients/gradient_cases", scratch], check=True)
    for folder in sorted(scratch.iterdir()):
        graph, weights = json.loads((folder / "graph.json").read_text()), load_file(folder / "weights.safetensors")
        inputs = free_directions(graph)
        rename(graph, graph["outputs"][0], "loss")
        # The same direction, longer: a sum that cancels in one set and not in the other would have the yardstick of neither.
        sets = [inputs, {name: numpy.asarray(array * numpy.float32(0.7)) for name, array in inputs.items()}]
        if any(abs(gradient).max(initial=0) > 1e-9 for name, gradient in load_file(folder / "truth.safetensors").items() if name.startswith("grad.")):
            yield Case(folder.name, folder.name.split("_")[0], graph, sets, weights)


def free_directions(graph):
    """Turns the constants that the loss is weighted with into inputs; returns them. The last nodes are Mul, ReduceSum, and an Add but
    for the first of them."""
    values, nodes, inputs = {entry["name"]: entry for entry in graph["values"]}, list(graph["nodes"]), {}
    while True:
        more = nodes[-1]["op"] == "Add"
        product = nodes[-3 if more else -2]
        entry = values[product["inputs"][1]]
        inputs[entry["name"]] = numpy.array(entry.pop("data"), numpy.float32).reshape(entry["shape"])
        entry["role"] = "input"
        if not more:
            return inputs
        del nodes[-3:]


def rename(graph, old, new):
    for entry in graph["values"]:
        entry["name"] = new if entry["name"] == old else entry["name"]
    for node in graph["nodes"]:
        node["outputs"] = [new if name == old else name for name in node["outputs"]]
    graph["outputs"] = [new if name == old else name for name in graph["outputs"]]


def all_cases(program, tools, scratch):
    """(forward, gradient) cases, each by name."""
    forward = [*node_cases(tools), *own_cases()]
    return {case.name: case for case in forward}, {case.name: case for case in gradient_cases(program, scratch)}
