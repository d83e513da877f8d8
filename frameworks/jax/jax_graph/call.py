"""One node while it is traced: its operands and attributes."""

import numpy
from assay_runner.rules import NodeCall

# Element types by their code in ONNX (TensorProto.DataType).
TYPES = {1: numpy.float32, 6: numpy.int32, 7: numpy.int64, 9: numpy.bool_, 10: numpy.float16, 11: numpy.float64}


class Call(NodeCall):
    """`operands` are the node's inputs as arrays, None where one is not given; `caches` the program's keys and values (program.Caches)."""

    def __init__(self, graph, node, operands, caches):
        super().__init__(graph, node)
        self._operands, self.caches = operands, caches

    def x(self, index):
        """Input `index` as an array, None when it is not given."""
        return self._operands[index] if index < len(self._operands) else None
