"""The ONNX standard's own cases of the operators on quantised integers, with everything given at run time and with all but the first input constant."""

import warnings

import narrow
import numpy
import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases
from products import HANDLERS as PRODUCTS
from refused import Refused
from rewritten import computed, rewritten, same

OPERATORS = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", *PRODUCTS}


def cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {case.name: case for case in collect_testcases() if len(case.model.graph.node) == 1 and case.model.graph.node[0].op_type in OPERATORS}


CASES = cases()


def arrays(infos, values):
    return {info.name: onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value for info, value in zip(infos, values, strict=True)}


def is_coarse_float(case):
    """Whether it has a floating type of 8 bits or fewer."""
    kinds = {value.type.tensor_type.elem_type for value in [*case.model.graph.input, *case.model.graph.output]}
    return any(kind not in narrow.RANGES and onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize == 1 for kind in kinds)


def test_there_are_cases_of_each_operator():
    assert {case.model.graph.node[0].op_type for case in CASES.values()} == OPERATORS and len(CASES) > 20


@pytest.mark.parametrize("constants", [False, True], ids=["given", "constant"])
@pytest.mark.parametrize("name", CASES)
def test_case(name, constants):
    case = CASES[name]
    given, expected = case.data_sets[0]
    inputs = arrays(case.model.graph.input, given)
    first, *others = inputs
    if is_coarse_float(case):
        with pytest.raises(Refused, match="float"):
            rewritten(case.model)
        return
    if "blocked" in name and not constants:
        with pytest.raises(Refused, match="of its blocks is computed, and only constants are read"):
            rewritten(case.model)
        return
    model, _, _ = rewritten(case.model, {other: inputs[other] for other in others} if constants else {})
    same(computed(model, inputs), arrays(case.model.graph.output, expected).values(), rtol=1e-6, atol=1e-6)


def test_constants_of_coarse_floats_are_dequantised():
    case = next(case for name, case in CASES.items() if name == "test_dequantizelinear_e4m3fn")
    inputs = arrays(case.model.graph.input, case.data_sets[0][0])
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    constant, _, _ = rewritten(model, inputs)
    (output,) = [tensor for tensor in constant.graph.initializer if tensor.name == case.model.graph.output[0].name]
    numpy.testing.assert_array_equal(onnx.numpy_helper.to_array(output), case.data_sets[0][1][0])
