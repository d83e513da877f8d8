"""Scales, zero points and blocks of a quantised operator, in a form that broadcasts against what they belong to."""

import narrow
import numpy as np
from refused import Refused, called


class Granularity:
    """How the scale of a node lies along a value of this shape: one number, one for each place of an axis, or one for each block of it."""

    def __init__(self, node, work, shape, axis=1, block=0):
        self.node, self.work, self.shape, self.block = node, work, shape, block
        self.axis = axis + len(shape) if axis < 0 else axis
        if block and not (block > 0 and 0 <= self.axis < len(shape)):
            self._refuse(f"blocks of {block} along axis {axis} of {shape} are none")

    def array(self, name, what):
        """What the constant holds, ready to broadcast; nothing where the value is no constant."""
        array = self.work.array(name)
        if array is None:
            return None
        if self.block:
            return self._of_blocks(array, what)
        if array.size == 1:
            return array.reshape(())
        return array.reshape(self._places(array.shape, what))

    def value(self, name, what):
        """The name of a value that broadcasts."""
        array = self.array(name, what)
        if array is not None:
            return self.work.constant(array.astype(np.float32), f"{self.node.output[0]}/{what}")
        found = self.work.float_of(name, self.node)
        shape = self.work.shape(name, self.node)
        if int(np.prod(shape)) == 1:
            return found
        if self.block:
            self._refuse(f"the {what} of its blocks is computed, and only constants are read")
        target = self.work.constant(np.array(self._places(shape, what), np.int64), f"{self.node.output[0]}/{what}.shape")
        return self.work.put("Reshape", [found, target], f"{self.node.output[0]}/{what}")

    def _places(self, shape, what):
        """[1, …, places, …, 1] for a row of numbers; what has as many dimensions as the value stays as it is."""
        if len(shape) == 1 and 0 <= self.axis < len(self.shape) and shape[0] == self.shape[self.axis]:
            return [shape[0] if place == self.axis else 1 for place in range(len(self.shape))]
        if len(shape) == len(self.shape) > 1 and all(one in (1, all_) for one, all_ in zip(shape, self.shape)):
            return list(shape)
        return self._refuse(f"its {what} has shape {list(shape)}, which does not fit axis {self.axis} of {self.shape}")

    def _of_blocks(self, array, what):
        wanted = [-(-size // self.block) if place == self.axis else size for place, size in enumerate(self.shape)]
        if list(array.shape) != wanted:
            self._refuse(f"its {what} has shape {list(array.shape)}, and blocks of {self.block} along axis {self.axis} of {self.shape} need {wanted}")
        return np.repeat(array, min(self.block, self.shape[self.axis]), axis=self.axis).take(range(self.shape[self.axis]), axis=self.axis)

    def _refuse(self, why):
        raise Refused(f"{called(self.node)}: {why}")


def less_zero(node, work, name, zero, granularity, what="zero_point"):
    """The name of a value less its zero point, in float32."""
    array = granularity.array(zero, what) if zero else np.zeros(())
    if array is not None and not array.any():
        return work.float_of(name, node)
    before = work.centred.get(name)
    if before and array is not None and np.array_equal(before[1], array):
        return before[0]
    held = work.array(name)
    if held is not None and array is not None:
        return work.constant((held - array).astype(np.float32), f"{name}/centred")
    return work.put("Sub", [work.float_of(name, node), granularity.value(zero, what)], f"{node.output[0]}/centred")


def given(node, place):
    return node.input[place] if place < len(node.input) else ""


def number(node, name, default):
    return next((attribute.i for attribute in node.attribute if attribute.name == name), default)


def rounded(node, work, steps, zero, kind, granularity):
    """The end of an operator that quantises: half-way values to the even number, then the zero point, then what the type holds. One zero point for all is
    taken off the bounds instead, for who takes it off again."""
    if kind not in narrow.RANGES:
        raise Refused(f"{called(node)}: it quantises to {narrow.name_of(kind)}; only integers of 2 to 16 bits are done here")
    low, high = narrow.RANGES[kind]
    out = node.output[0]
    whole = work.put("Round", [steps], f"{out}/rounded")
    array = granularity.array(zero, "zero_point") if zero else np.zeros(())
    if array is None or array.size > 1:
        moved = work.put("Add", [whole, granularity.value(zero, "zero_point")], f"{out}/moved")
        work.finish(node, "Clip", [moved, work.number(low), work.number(high)])
    elif not array.any():
        work.finish(node, "Clip", [whole, work.number(low), work.number(high)])
    else:
        point = int(array)
        centred = work.put("Clip", [whole, work.number(low - point), work.number(high - point)], f"{out}/centred")
        work.finish(node, "Add", [centred, work.number(point)])
        work.centred[out] = (centred, array)
