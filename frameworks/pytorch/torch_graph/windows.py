"""The windows of a convolution or a pooling: kernel, strides, dilations and padding of each spatial dimension."""

import itertools

import numpy


class Windows:
    def __init__(self, call, kernel):
        self._call = call
        self.kernel = tuple(kernel)
        self.rank = len(self.kernel)
        self.strides = tuple(call.attribute("strides", [1] * self.rank))
        self.dilations = tuple(call.attribute("dilations", [1] * self.rank))
        self._source = call.shape(0)[2:]
        self._target = call.result_shape()[2:]
        if self.rank not in (1, 2, 3):
            call.refuse(f"{self.rank} spatial dimensions")
        self.before, self.after = self._padding()

    def _padding(self):
        pads = self._call.attribute("pads", [0] * 2 * self.rank)
        before, after = tuple(pads[: self.rank]), tuple(pads[self.rank :])
        mode = self._call.attribute("auto_pad", "NOTSET")
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

    def padded(self, value, own):
        """(expression of the input, padding argument): the framework's own padding, or a Pad before it."""
        if own:
            return self._call.x(0), self.before
        ends = [max(after, span - length - before)
                for span, length, before, after in zip(self._spans(), self._source, self.before, self.after)]
        if not any(self.before) and not any(ends):
            return self._call.x(0), (0,) * self.rank
        flat = tuple(amount for pair in reversed(list(zip(self.before, ends))) for amount in pair)
        return self._call.let("padded", f"F.pad({self._call.x(0)}, {flat}, value={value})"), (0,) * self.rank

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
