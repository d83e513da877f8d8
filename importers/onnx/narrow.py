"""The integers of quantised files, of 16 bits and fewer. Each fits into float32 exactly, so what holds them holds whole numbers in float32
from here on."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

_T = onnx.TensorProto
RANGES = {_T.UINT8: (0, 255), _T.INT8: (-128, 127), _T.UINT16: (0, 65535), _T.INT16: (-32768, 32767), _T.UINT4: (0, 15), _T.INT4: (-8, 7),
          _T.UINT2: (0, 3), _T.INT2: (-2, 1)}
EXACT = 1 << 24  # whole numbers up to here, and all sums that stay below, are exact in float32

# What hands elements on, or chooses among them: the same on whole numbers in float32.
HANDS_ON = {"Compress", "Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Max", "MaxPool", "Min", "Pad",
            "ReduceMax", "ReduceMin", "Relu", "Reshape", "ScatterElements", "ScatterND", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile", "TopK", "Transpose",
            "Trilu", "Unsqueeze", "Where", "Clip", "Sign", "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"}


def name_of(kind):
    try:
        return helper.tensor_dtype_to_np_dtype(kind).name
    except KeyError:
        return _T.DataType.Name(kind).lower() if kind in _T.DataType.values() else f"number {kind}"


def array_of(tensor):
    """A constant's numbers: as int64 where they are narrow integers, else in its own type."""
    array = numpy_helper.to_array(tensor)
    return array.astype(np.int64) if tensor.data_type in RANGES else array


def hands_on(node):
    """Whether the node does nothing with its integers but what it would do with the same numbers in float32."""
    if node.op_type == "Resize":
        return any(attribute.name == "mode" and attribute.s == b"nearest" for attribute in node.attribute) or not any(
            attribute.name == "mode" for attribute in node.attribute)
    return node.op_type in HANDS_ON
