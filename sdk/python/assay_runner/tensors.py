"""Tensors in safetensors files, to and from numpy arrays."""

import json
import mmap
import struct

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

from .graph import DTYPES


def map_tensors(path):
    """Name -> read-only array that lies in the mapped file: no copy, read from disk when touched.

    Raises safetensors.SafetensorError for a broken file, ValueError for an element type numpy does not have.
    """
    with safe_open(path, framework="np"):  # checks the header: sizes, overlaps, the file's end
        pass
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header.pop("__metadata__", None)
    return {name: _view(mapped, 8 + length, name, entry, path) for name, entry in header.items()}


def read_tensors(path):
    """Name -> array in this process's own memory."""
    return {name: array.copy() for name, array in map_tensors(path).items()}


def write_tensors(path, tensors):
    """Writes arrays by name; the element types and shapes are kept, a scalar too."""
    save_file({name: numpy.asarray(array, order="C") for name, array in tensors.items()}, path)


def _view(mapped, start, name, entry, path):
    if entry["dtype"] not in DTYPES:
        raise ValueError(f"{path}: tensor '{name}' is {entry['dtype']}, which this runner cannot read")
    shape = tuple(entry["shape"])
    count = int(numpy.prod(shape, dtype=numpy.int64))
    if count == 0:
        return numpy.empty(shape, DTYPES[entry["dtype"]])
    offset = start + entry["data_offsets"][0]
    return numpy.frombuffer(mapped, DTYPES[entry["dtype"]], count, offset).reshape(shape)
