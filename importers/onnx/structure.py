"""What is looked at before anything else touches the file: versions, domains, where its data lies, the order of nodes."""

import os
from pathlib import Path

import onnx
import onnx.checker
import walk
from refused import Refused, called

OLDEST, NEWEST = 7, 24
STANDARD = ("", "ai.onnx")
MOST_NODES = 1_000_000


def read(path):
    """The model without its external data."""
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf's own kinds differ between its implementations
        raise Refused(f"this is no ONNX file, or it is cut short ({_first_line(error)})") from error
    if not model.graph.node and not model.graph.output:
        raise Refused("there is no graph in this file; is it an ONNX model?")
    return model


def check(model, path):
    """What is looked at here, before any of ONNX's own tools sees the file."""
    _check_versions(model)
    _check_domains(model)
    _check_external_data(model, path.parent)
    check_order(model.graph)
    _check_functions(model)


def check_by_standard(model, path):
    """ONNX's own checker, which looks for external data where it is told to be."""
    for value in model.graph.output:  # many exporters leave it out, and it follows from the inputs
        if value.type.WhichOneof("value") != "sequence_type":
            value.type.tensor_type.shape.SetInParent()
    os.chdir(path.parent)
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        raise Refused(f"ONNX's checker refuses the file: {_first_line(error)}") from error


def opset_of(model):
    return max((entry.version for entry in model.opset_import if entry.domain in STANDARD), default=0)


def _first_line(error):
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:300] + "…"


def _check_versions(model):
    version = opset_of(model)
    if version == 0:
        raise Refused("the file does not say which opset its operators are of")
    if not OLDEST <= version <= NEWEST:
        raise Refused(f"opset {version} is not read, only {OLDEST} to {NEWEST}: export the model again with one of these")


def _check_domains(model):
    """A foreign operator has no definition that everybody shares, so nobody could be held to it."""
    own = {(function.domain, function.name) for function in model.functions}
    foreign = [node for node in walk.nodes(model) if node.domain not in STANDARD and (node.domain, node.op_type) not in own]
    if foreign:
        more = f", and {len(foreign) - 1} more such nodes" if len(foreign) > 1 else ""
        raise Refused(f"{called(foreign[0])} is no operator of the ONNX standard{more}: export the model without optimisations for one runtime")


def _check_external_data(model, folder):
    for tensor in walk.tensors(model):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        file = folder / location
        if not location or Path(location).is_absolute() or ".." in Path(location).parts:
            raise Refused(f"tensor {tensor.name}: its data is said to lie in '{location}', which must be a file beside the model")
        if not file.resolve().is_relative_to(folder.resolve()) and not _is_of_hub(folder, file):
            raise Refused(f"tensor {tensor.name}: {location} leads out of the model's folder")
        if not file.is_file():
            raise Refused(f"tensor {tensor.name}: its data lies in {location}, which is not beside the model")
        _check_range(tensor, entries, file)


def _check_functions(model):
    """That inlining ends, and in no more nodes than a model has: each function may call others several times."""
    own = {(function.domain, function.name): function for function in model.functions}
    calls = {key: _calls(function.node, own) for key, function in own.items()}
    sizes = {}
    while len(sizes) < len(own):
        ready = [key for key in own if key not in sizes and all(called_key in sizes for called_key in calls[key])]
        if not ready:
            raise Refused(f"function {next(key for key in own if key not in sizes)[1]} calls itself")
        for key in ready:
            sizes[key] = _inlined(own[key].node, sizes)
    if _inlined(model.graph.node, sizes) > MOST_NODES:
        raise Refused(f"with its functions inlined it has more than {MOST_NODES} nodes")


def _calls(nodes, own):
    return {(node.domain, node.op_type) for node in _all_nodes(nodes)} & own.keys()


def _inlined(nodes, sizes):
    return sum(sizes.get((node.domain, node.op_type), 1) for node in _all_nodes(nodes))


def _all_nodes(nodes):
    yield from nodes
    open_graphs = walk.subgraphs(nodes)
    while open_graphs:
        graph = open_graphs.pop()
        yield from graph.node
        open_graphs += walk.subgraphs(graph.node)


def data_files(model):
    """Names of the files that hold the model's data."""
    external = (tensor for tensor in walk.tensors(model) if tensor.data_location == onnx.TensorProto.EXTERNAL)
    return sorted({entry.value for tensor in external for entry in tensor.external_data if entry.key == "location"})


def _is_of_hub(folder, file):
    """In a hub's cache all files of a snapshot are links to ../../blobs, the model itself too."""
    blobs = folder.parent.parent / "blobs"
    return folder.parent.name == "snapshots" and file.resolve().is_relative_to(blobs.resolve())


def _check_range(tensor, entries, file):
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", 0))
    except ValueError:
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > file.stat().st_size:
        raise Refused(f"tensor {tensor.name}: its data lies outside of {file.name}, which has {file.stat().st_size} bytes")


def check_order(graph):
    """The nodes are in an order in which they can be run, as the standard asks for."""
    made_by = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    waits = [{made_by[name] for name in _read_by(node) if name in made_by} for node in graph.node]
    if all(place > max(before, default=-1) for place, before in enumerate(waits)):
        return
    readers = [[] for _ in graph.node]
    for place, before in enumerate(waits):
        for source in before:
            readers[source].append(place)
    missing, order = [len(before) for before in waits], []
    ready = [place for place, count in enumerate(missing) if count == 0]
    while ready:
        place = ready.pop(0)
        order.append(place)
        for reader in readers[place]:
            missing[reader] -= 1
            if missing[reader] == 0:
                ready.append(reader)
    if len(order) < len(graph.node):
        stuck = next(place for place, count in enumerate(missing) if count)
        raise Refused(f"the graph has a cycle: {called(graph.node[stuck])} needs its own output")
    raise Refused(f"the nodes are not in an order in which they can be run, which the standard asks for: {called(graph.node[order[0]])} comes too late")


def _read_by(node):
    """The values that a node reads, those that only its subgraphs read too."""
    names, open_graphs = set(node.input), walk.subgraphs([node])
    while open_graphs:
        graph = open_graphs.pop()
        for inner in graph.node:
            names.update(inner.input)
        open_graphs += walk.subgraphs(graph.node)
    return names - {""}
