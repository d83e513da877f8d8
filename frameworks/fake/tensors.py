"""Safetensors files with nothing but Python's own library: enough for a runner that moves tensors without computing on them."""

import json
import struct


def read_tensors(path):
    """Name -> (dtype, shape, bytes)."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: (entry["dtype"], entry["shape"], data[entry["data_offsets"][0] : entry["data_offsets"][1]])
        for name, entry in header.items()
    }


def read_sets(path, sets):
    """A list of as many name -> (dtype, shape, bytes): the slices of tensors that have one more dimension in front."""
    stacked = read_tensors(path)
    if any(shape[:1] != [sets] for _, shape, _ in stacked.values()):
        raise ValueError(f"{path} does not hold {sets} sets")
    return [{name: (dtype, shape[1:], _slice(data, place, sets)) for name, (dtype, shape, data) in stacked.items()} for place in range(sets)]


def _slice(data, place, sets):
    size = len(data) // sets
    return data[place * size : (place + 1) * size]


def write_tensors(path, tensors):
    """Writes name -> (dtype, shape, bytes)."""
    header, offset = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors.values():
            file.write(data)
