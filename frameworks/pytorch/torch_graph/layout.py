"""Operators that move or view elements without changing them."""

import numpy
from assay_runner.windows import pad_amounts, padded_indices

from .registry import operator


@operator("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(call):
    call.attribute("axis")  # Flatten's; the shape says it all
    return f"{call.x(0)}.reshape({call.result_shape()})"


@operator("Expand")
def expand(call):
    return f"{call.x(0)}.expand({call.result_shape()})"


@operator("Transpose")
def transpose(call):
    order = tuple(call.attribute("perm", range(call.rank(0))[::-1]))
    moved = [axis for axis, source in enumerate(order) if axis != source]
    if len(moved) == 2:
        return f"{call.x(0)}.transpose({moved[0]}, {moved[1]})"
    return f"{call.x(0)}.permute({order})"


@operator("Tile")
def tile(call):
    return f"{call.x(0)}.tile({tuple(call.integers(1, 'repeats'))})"


@operator("Trilu")
def trilu(call):
    k = call.integers(1, "k")[0] if call.given(1) else 0
    return f"torch.{'triu' if call.attribute('upper', 1) else 'tril'}({call.x(0)}, {k})"


@operator("DepthToSpace")
def depth_to_space(call):
    block, (batch, channels, height, width) = call.attribute("blocksize"), call.result_shape()
    if call.attribute("mode", "DCR") == "CRD":
        return f"F.pixel_shuffle({call.x(0)}, {block})"
    parts = (batch, block, block, channels, height // block, width // block)
    return f"{call.x(0)}.reshape({parts}).permute(0, 3, 4, 1, 5, 2).reshape({call.result_shape()})"


@operator("SpaceToDepth")
def space_to_depth(call):
    block, (batch, channels, height, width) = call.attribute("blocksize"), call.shape(0)
    parts = (batch, channels, height // block, block, width // block, block)
    return f"{call.x(0)}.reshape({parts}).permute(0, 3, 5, 1, 2, 4).reshape({call.result_shape()})"


@operator("ReverseSequence")
def reverse_sequence(call):
    """The element at each place: what lies as far from the sequence's end, behind it the same."""
    time = call.attribute("time_axis", 0)
    call.attribute("batch_axis")
    steps, others = call.shape(0)[time], [1] * (call.rank(0) - 2)
    lengths = f"{call.x(1)}.reshape({(1, -1, *others) if time == 0 else (-1, 1, *others)})"
    places = call.bind(numpy.arange(steps).reshape((-1, 1, *others) if time == 0 else (1, -1, *others)), "places")
    indices = f"torch.where({places} < {lengths}, {lengths} - 1 - {places}, {places})"
    return f"torch.gather({call.x(0)}, {time}, ({indices}).expand({call.shape(0)}))"


@operator("Concat")
def concat(call):
    parts = ", ".join(call.x(index) for index in range(len(call.node.inputs)))
    return f"torch.cat(({parts},), {call.attribute('axis')})"


@operator("Split")
def split(call):
    axis = call.axis(0)
    lengths = [call.graph.values[name].shape[axis] if name else None for name in call.node.outputs]
    if call.given(1):
        lengths = call.integers(1, "split")
    elif None in lengths:
        call.refuse("an output that is left out, without the input `split`")
    parts = call.let("parts", f"torch.split({call.x(0)}, {lengths}, {axis})")
    return [f"{parts}[{index}]" for index in range(len(lengths))]


@operator("Slice")
def slices(call):
    starts, ends = call.integers(1, "starts"), call.integers(2, "ends")
    axes = call.integers(3, "axes") if call.given(3) else range(len(starts))
    steps = call.integers(4, "steps") if call.given(4) else [1] * len(starts)
    index, flipped = [":"] * call.rank(0), []
    for start, end, axis, step in zip(starts, ends, axes, steps):
        axis += call.rank(0) if axis < 0 else 0
        chosen = range(call.shape(0)[axis])[start:end:step]
        if step < 0:
            chosen = chosen[::-1]
            flipped.append(axis)
        index[axis] = f"{chosen.start}:{chosen.stop}:{chosen.step}" if chosen.step != 1 else f"{chosen.start}:{chosen.stop}"
        if len(chosen) == 0:
            index[axis] = "0:0"
    while len(index) > 1 and index[-1] == ":":
        index.pop()
    result = f"{call.x(0)}[{', '.join(index)}]" if index else call.x(0)
    return f"{result}.flip({tuple(flipped)})" if flipped else result


@operator("Pad")
def pad(call):
    amounts = pad_amounts(call)
    mode = call.attribute("mode", "constant")
    if mode == "constant":
        flat = tuple(amount for pair in reversed(amounts) for amount in pair)
        if not call.given(2) or call.value(2).data is not None:
            return f"F.pad({call.x(0)}, {flat}, value={call.scalar(2) if call.given(2) else 0})"
        # A value that is known only in the step stays a tensor: as a number it could not be compiled.
        inside = f"F.pad(torch.ones_like({call.x(0)}, dtype=torch.bool), {flat})"
        return f"torch.where({inside}, F.pad({call.x(0)}, {flat}), {call.x(2)})"
    result = call.x(0)
    for axis, (before, after) in enumerate(amounts):
        if before or after:
            chosen = call.bind(padded_indices(call.shape(0)[axis], before, after, mode), f"axis{axis}")
            result = f"{result}.index_select({axis}, {chosen})"
    return result
