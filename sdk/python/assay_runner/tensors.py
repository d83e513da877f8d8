"""Tensors in safetensors files, to and from numpy arrays."""

import json
import mmap
import struct

import numpy
from safetensors import SafetensorError, safe_open

from .graph import DTYPES

ALIGNMENT = 64  # bytes: a cache line, and the widest registers


def map_tensors(path):
    """Name -> read-only array that lies in the mapped file: no copy, read from disk when touched.

    Raises safetensors.SafetensorError for a broken file, ValueError for an element type numpy does not have.
    """
    with safe_open(path, framework="np"):  # checks the header: sizes, overlaps, the file's end
        pass
    with open(path, "rb") as file:
        header, start = _header(file)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {name: _view(mapped, start, name, entry, path) for name, entry in header.items()}


def read_tensors(path):
    """Name -> array in this process's own memory."""
    return {name: array.copy() for name, array in map_tensors(path).items()}


def map_weights(path, parameters):
    """As map_tensors, of these parameters of a graph; a weights file may hold more than the graph uses. Raises ValueError naming the file, and the
    tensor that is amiss."""
    names = {value.name for value in parameters}
    return _checked(path, parameters, lambda name: name in names)


def map_state(path, states):
    """As map_weights, of a file that has exactly these states."""
    return _checked(path, states, lambda name: True)


def _checked(path, values, wanted):
    try:
        tensors = {name: array for name, array in map_tensors(path).items() if wanted(name)}
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: {error}") from error
    found = {name: (dtype_name(array.dtype), array.shape) for name, array in tensors.items()}
    check_forms(path, found, {value.name: (value.dtype, value.shape) for value in values})
    return tensors


def check_forms(where, found, wanted):
    """Both name -> (dtype, shape). Raises ValueError naming the first tensor that is missing, too many, or not as the graph says."""
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise ValueError(f"{where}: tensor '{name}' is missing")
        if name not in wanted:
            raise ValueError(f"{where}: tensor '{name}' is not in the graph")
        if found[name] != wanted[name]:
            raise ValueError(f"{where}: tensor '{name}' is {_words(found[name])}, the graph says {_words(wanted[name])}")


def read_sets(path, count, values):
    """Yields `count` times name -> array for the graph's values: the slices of the file's tensors, which have one more dimension in front.

    Every array has memory of its own, aligned. Raises ValueError naming the tensor when the file has another one than the graph.
    """
    with open(path, "rb", buffering=0) as file:
        header, start = _header(file)
        check_forms(path, _forms(header), {value.name: (value.dtype, (count, *value.shape)) for value in values})
        for index in range(count):
            yield {value.name: _slice(file, start, header[value.name], index, value) for value in values}


def aligned_empty(shape, dtype):
    """A contiguous array in memory of its own, aligned to ALIGNMENT, its content undefined."""
    dtype = numpy.dtype(dtype)
    size = int(numpy.prod(shape, dtype=numpy.int64)) * dtype.itemsize
    memory = numpy.empty(size + ALIGNMENT, numpy.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def write_tensors(path, expected, tensors):
    """Writes `tensors[name]` for each name -> (dtype, shape) of `expected`, one after the other: nothing is copied but what is not contiguous.

    Raises ValueError naming a tensor that is not as expected.
    """
    header, end = {}, 0
    for name, (dtype, shape) in expected.items():
        start, end = end, end + int(numpy.prod(shape, dtype=numpy.int64)) * DTYPES[dtype].itemsize
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, (dtype, shape) in expected.items():
            file.write(_content(name, (dtype, tuple(shape)), tensors[name]))  # no variable holds on to it


def _content(name, form, array):
    array = numpy.asarray(array)
    check_forms("the runner's outputs", {name: (dtype_name(array.dtype), array.shape)}, {name: form})
    return _bytes(numpy.ascontiguousarray(array))


def dtype_name(dtype):
    return next((name for name, one in DTYPES.items() if one == dtype), str(dtype))


def _forms(header):
    return {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}


def _words(form):
    return f"{form[0]} {list(form[1])}"


def _header(file):
    """(header without its metadata, where the data starts)"""
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return header, 8 + length


def _bytes(array):
    """The memory of a contiguous array, as something to read from and into."""
    return memoryview(array.reshape(-1).view(numpy.uint8))


def _slice(file, start, entry, index, value):
    array = aligned_empty(value.shape, DTYPES[value.dtype])
    rest = _bytes(array)
    file.seek(start + entry["data_offsets"][0] + index * len(rest))
    while rest:
        count = file.readinto(rest)
        if not count:
            raise ValueError(f"{file.name}: ends within tensor '{value.name}'")
        rest = rest[count:]
    return array


def _view(mapped, start, name, entry, path):
    if entry["dtype"] not in DTYPES:
        raise ValueError(f"{path}: tensor '{name}' is {entry['dtype']}, which this runner cannot read")
    shape = tuple(entry["shape"])
    count = int(numpy.prod(shape, dtype=numpy.int64))
    if count == 0:
        return numpy.empty(shape, DTYPES[entry["dtype"]])
    offset = start + entry["data_offsets"][0]
    return numpy.frombuffer(mapped, DTYPES[entry["dtype"]], count, offset).reshape(shape)
