"""The windows of a convolution or a pooling, and the input that they slide over."""

import assay_runner.windows


class Windows(assay_runner.windows.Windows):
    def __init__(self, call, kernel):
        if len(kernel) not in (1, 2, 3):
            call.refuse(f"{len(kernel)} spatial dimensions")
        super().__init__(call, kernel)
        self._call = call

    def padded(self, value, own):
        """(expression of the input, padding argument): the framework's own padding, or a Pad before it."""
        if own:
            return self._call.x(0), self.before
        ends = self.ends()
        if not any(self.before) and not any(ends):
            return self._call.x(0), (0,) * self.rank
        flat = tuple(amount for pair in reversed(list(zip(self.before, ends))) for amount in pair)
        return self._call.let("padded", f"F.pad({self._call.x(0)}, {flat}, value={value})"), (0,) * self.rank
