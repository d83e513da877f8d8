"""One node while it is traced: its operands and attributes."""

import copy

import numpy
from assay_runner.rules import NodeCall

from .channels_last import beside_images, filter_order, image_order, in_graphs_order, is_image, turned

# Element types by their code in ONNX (TensorProto.DataType).
TYPES = {1: numpy.float32, 6: numpy.int32, 7: numpy.int64, 9: numpy.bool_, 10: numpy.float16, 11: numpy.float64}


class Call(NodeCall):
    """`operands` are the node's inputs, arrays or Turned, None where one is not given; `caches` the program's keys and values
    (program.Caches)."""

    def __init__(self, graph, node, operands, caches):
        super().__init__(graph, node)
        self._operands, self.caches = operands, caches

    def x(self, index):
        """Input `index` as an array, None when it is not given."""
        return in_graphs_order(self._operands[index]) if index < len(self._operands) else None

    def image(self, index):
        """The same with channels last."""
        return turned(self._operands[index], image_order(self.rank(index)))

    def filters(self, index):
        """The same as a convolution's filters, channels out last."""
        return turned(self._operands[index], filter_order(self.rank(index)))

    def of_images(self):
        """This call with all operands channels last, when one is held so and none has more axes; else None."""
        rank = len(self.result_shape())
        if not any(map(is_image, self._operands)) or any(is_image(operand) and operand.array.ndim < rank for operand in self._operands):
            return None
        call = copy.copy(self)  # it shares what is known of the attributes that were read
        call._operands = [None if operand is None else beside_images(operand, rank) for operand in self._operands]
        return call
