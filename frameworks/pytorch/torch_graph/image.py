"""Convolutions, pooling and resizing. Spatial dimensions are those from 2 on."""

import numpy
from assay_runner.windows import linear_matrix, nearest, resized_scales, source_positions

from .registry import operator
from .windows import Windows


@operator("Conv")
def conv(call):
    windows = Windows(call, call.shape(1)[2:])
    x, padding = windows.padded("0.0", windows.symmetric())
    options = f"stride={windows.strides}, padding={padding}, dilation={windows.dilations}, groups={call.attribute('group', 1)}"
    return f"F.conv{windows.rank}d({x}, {call.x(1)}, {call.x(2)}, {options})"


@operator("ConvTranspose")
def conv_transpose(call):
    if call.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        call.refuse("auto_pad that depends on the output's shape")
    windows = Windows(call, call.shape(1)[2:])
    extra = tuple(call.attribute("output_padding", [0] * windows.rank))
    padding = windows.before if windows.symmetric() else (0,) * windows.rank
    options = (f"stride={windows.strides}, padding={padding}, output_padding={extra}, groups={call.attribute('group', 1)}, "
               f"dilation={windows.dilations}")
    result = f"F.conv_transpose{windows.rank}d({call.x(0)}, {call.x(1)}, {call.x(2)}, {options})"
    if windows.symmetric():
        return result
    window = ", ".join(f"{start}:{start + length}" for start, length in zip(windows.before, call.result_shape()[2:]))
    return f"{result}[:, :, {window}]"


@operator("MaxPool")
def max_pool(call):
    windows = Windows(call, call.attribute("kernel_shape"))
    own = windows.symmetric() and windows.floor_fits() and all(2 * pad <= kernel for pad, kernel in zip(windows.before, windows.kernel))
    if call.wanted(1) and not own:
        call.refuse("Indices together with padding that F.max_pool does not offer")
    if not call.is_floating(0) and not own:
        call.refuse("integers together with padding that F.max_pool does not offer")
    x, padding = windows.padded("float('-inf')", own)
    arguments = f"{x}, {windows.kernel}, {windows.strides}, {padding}, {windows.dilations}"
    if not call.wanted(1):
        return f"F.max_pool{windows.rank}d({arguments})"
    if call.attribute("storage_order", 0):
        call.refuse("Indices in column-major order")
    y, places = call.let("y", "None"), call.let("places", "None")
    call.line(f"{y}, {places} = F.max_pool{windows.rank}d({arguments}, return_indices=True)")
    return [y, f"{places} + {_plane_offsets(call)}"]


def _plane_offsets(call):
    """ONNX counts positions over the whole tensor, PyTorch within one channel of one image."""
    batch, channels, *space = call.shape(0)
    offsets = numpy.arange(batch * channels, dtype=numpy.int64) * int(numpy.prod(space))
    return call.bind(offsets.reshape(batch, channels, *[1] * len(space)), "planes")


@operator("AveragePool")
def average_pool(call):
    """PyTorch's own where it means the same; else sums over the windows divided by the number of elements that count."""
    windows = Windows(call, call.attribute("kernel_shape"))
    counted = bool(call.attribute("count_include_pad", 0))
    halves = all(2 * pad <= kernel for pad, kernel in zip(windows.before, windows.kernel))
    if windows.symmetric() and windows.floor_fits() and halves and set(windows.dilations) == {1}:
        return (f"F.avg_pool{windows.rank}d({call.x(0)}, {windows.kernel}, {windows.strides}, {windows.before}, "
                f"count_include_pad={counted})")
    channels = call.shape(0)[1]
    ones = call.bind(numpy.ones((channels, 1, *windows.kernel), numpy.float32), "ones")
    counts = call.bind(windows.counts(counted).astype(numpy.float32), "counts")
    x, _ = windows.padded("0.0", False)
    options = f"stride={windows.strides}, dilation={windows.dilations}, groups={channels}"
    return f"F.conv{windows.rank}d({x}, {ones}, None, {options}) / {counts}"


@operator("GlobalAveragePool")
def global_average_pool(call):
    return f"{call.x(0)}.mean({tuple(range(2, call.rank(0)))}, True)"


@operator("GlobalMaxPool")
def global_max_pool(call):
    return f"{call.x(0)}.amax({tuple(range(2, call.rank(0)))}, True)"


_SAMPLING = {"linear": "bilinear", "nearest": "nearest", "cubic": "bicubic"}


@operator("GridSample")
def grid_sample(call):
    if call.rank(0) not in (4, 5):
        call.refuse(f"grids of {call.rank(0) - 2} dimensions")
    mode, beyond = _SAMPLING[call.attribute("mode", "linear")], call.attribute("padding_mode", "zeros")
    return f"F.grid_sample({call.x(0)}, {call.x(1)}, {mode!r}, {beyond!r}, {bool(call.attribute('align_corners', 0))})"


@operator("Resize")
def resize(call):
    source, target = call.shape(0), call.result_shape()
    mode = call.attribute("mode", "nearest")
    transform = call.attribute("coordinate_transformation_mode", "half_pixel")
    if transform not in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
        call.refuse(f"coordinates {transform}")
    scales = resized_scales(call)
    if mode == "nearest":
        return _resize_nearest(call, source, target, scales, transform)
    if mode == "linear":
        return _resize_linear(call, source, target, scales, transform)
    call.refuse(f"mode {mode}")


def _resize_nearest(call, source, target, scales, transform):
    rounding = call.attribute("nearest_mode", "round_prefer_floor")
    result, own = call.x(0), len(source) in (3, 4, 5) and source[:2] == target[:2]
    chosen = {}
    for axis, (length, wanted) in enumerate(zip(source, target)):
        if length == wanted and scales[axis] == 1:
            continue
        chosen[axis] = nearest(source_positions(length, wanted, scales[axis], transform), rounding).clip(0, length - 1)
        own = own and numpy.array_equal(chosen[axis], numpy.arange(wanted) * length // wanted)
    if own and chosen:
        return f"F.interpolate({result}, size={target[2:]}, mode='nearest')"
    for axis, indices in chosen.items():
        result = f"{result}.index_select({axis}, {call.bind(indices, f'axis{axis}')})"
    return result


def _resize_linear(call, source, target, scales, transform):
    exact = all(scale == wanted / length for length, wanted, scale in zip(source, target, scales))
    name = {3: "linear", 4: "bilinear", 5: "trilinear"}.get(len(source))
    same = transform in ("half_pixel", "align_corners") or (transform == "pytorch_half_pixel" and 1 not in target[2:])
    if exact and name and same and source[:2] == target[:2] and source[2:] != target[2:]:
        return f"F.interpolate({call.x(0)}, size={target[2:]}, mode='{name}', align_corners={transform == 'align_corners'})"
    result = call.x(0)
    for axis, (length, wanted) in enumerate(zip(source, target)):
        if length != wanted or scales[axis] != 1:
            matrix = linear_matrix(source_positions(length, wanted, scales[axis], transform), length)
            weights = call.bind(matrix.astype(numpy.float32), f"axis{axis}")
            result = f"torch.matmul({result}.transpose({axis}, -1), {weights}).transpose({axis}, -1)"
    return result
