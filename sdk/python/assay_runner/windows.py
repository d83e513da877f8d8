"""The windows of a convolution or a pooling: kernel, strides, dilations and padding of each spatial dimension, and where a resize looks."""

import itertools

import numpy


class Windows:
    """`call` gives a node's attributes and shapes: attribute(name, otherwise), shape(index), result_shape(), refuse(message)."""

    def __init__(self, call, kernel):
        self.kernel = tuple(kernel)
        self.rank = len(self.kernel)
        self.strides = tuple(call.attribute("strides", [1] * self.rank))
        self.dilations = tuple(call.attribute("dilations", [1] * self.rank))
        self._source = call.shape(0)[2:]
        self._target = call.result_shape()[2:]
        self.before, self.after = self._padding(call)

    def _padding(self, call):
        pads = call.attribute("pads", [0] * 2 * self.rank)
        before, after = tuple(pads[: self.rank]), tuple(pads[self.rank :])
        mode = call.attribute("auto_pad", "NOTSET")
        if mode == "NOTSET":
            return before, after
        if mode == "VALID":
            return (0,) * self.rank, (0,) * self.rank
        total = [max(0, span - length) for span, length in zip(self._spans(), self._source)]
        small, large = tuple(pad // 2 for pad in total), tuple(pad - pad // 2 for pad in total)
        return (small, large) if mode == "SAME_UPPER" else (large, small)

    def _spans(self):
        """How many elements the windows of each dimension reach over, from the first to the last."""
        return [(count - 1) * stride + (kernel - 1) * dilation + 1
                for count, stride, kernel, dilation in zip(self._target, self.strides, self.kernel, self.dilations)]

    def symmetric(self):
        return self.before == self.after

    def floor_fits(self):
        """Whether the windows end within the padded input: false where ceil_mode adds one that does not."""
        reach = zip(self._spans(), self._source, self.before, self.after)
        return all(span <= length + before + after for span, length, before, after in reach)

    def ends(self):
        """The padding behind, so that every window is within: more than `after` where ceil_mode adds one."""
        reach = zip(self._spans(), self._source, self.before, self.after)
        return tuple(max(after, span - length - before) for span, length, before, after in reach)

    def counts(self, include_padding):
        """How many elements of each window count in an average: those of the input, with `include_padding` the padding too."""
        per_axis = []
        for axis in range(self.rank):
            low, high = 0, self._source[axis]
            if include_padding:
                low, high = -self.before[axis], high + self.after[axis]
            starts = numpy.arange(self._target[axis]) * self.strides[axis] - self.before[axis]
            places = starts[:, None] + numpy.arange(self.kernel[axis]) * self.dilations[axis]
            per_axis.append(((places >= low) & (places < high)).sum(1))
        return numpy.array([numpy.prod(combination) for combination in itertools.product(*per_axis)]).reshape(self._target)


def resized_scales(call):
    """A Resize's scale of each axis: the one that it says, else that of the shapes."""
    if "axes" in call.node.attributes:
        call.refuse("scales of some axes only")
    if call.given(2) and call.value(2).data is not None and call.value(2).data.size:
        return [float(scale) for scale in call.constant(2, "scales")]
    return [target / source for source, target in zip(call.shape(0), call.result_shape())]


def source_positions(source, target, scale, transform):
    """Where in a source of that length each element of the target lies: coordinate_transformation_mode of ONNX's Resize."""
    at = numpy.arange(target, dtype=numpy.float64)
    if transform == "asymmetric":
        return at / scale
    if transform == "align_corners":
        return at * (source - 1) / (source * scale - 1) if target > 1 else at * 0
    if transform == "pytorch_half_pixel" and target == 1:
        return at * 0
    return (at + 0.5) / scale - 0.5


def nearest(positions, rounding):
    """The places of the elements that nearest_mode chooses."""
    return {
        "floor": lambda: numpy.floor(positions),
        "ceil": lambda: numpy.ceil(positions),
        "round_prefer_floor": lambda: numpy.ceil(positions - 0.5),
        "round_prefer_ceil": lambda: numpy.floor(positions + 0.5),
    }[rounding]().astype(numpy.int64)


def linear_matrix(positions, length):
    """[source, target]: the share of each source element in each target element."""
    low = numpy.floor(positions)
    share = positions - low
    matrix = numpy.zeros((length, len(positions)))
    for offset, weight in ((0, 1 - share), (1, share)):
        numpy.add.at(matrix, ((low + offset).clip(0, length - 1).astype(int), numpy.arange(len(positions))), weight)
    return matrix


def pad_amounts(call):
    """(before, after) for each axis, of a Pad."""
    pads = call.integers(1, "pads")
    axes = call.integers(3, "axes") if call.given(3) else list(range(call.rank(0)))
    amounts = [(0, 0)] * call.rank(0)
    for position, axis in enumerate(axes):
        amounts[axis] = (pads[position], pads[position + len(axes)])
    return amounts


def padded_indices(length, before, after, mode):
    """Which element stands where after padding one axis by numpy's `mode`; negative amounts crop."""
    indices = numpy.arange(length)[max(0, -before) : length - max(0, -after)]
    return numpy.pad(indices, (max(0, before), max(0, after)), mode=mode).astype(numpy.int64)
