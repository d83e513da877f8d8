"""Operators that compare or add up elements along one axis."""

from .registry import operator
from .types import GRAPH_TYPES


@operator("ArgMax", "ArgMin")
def arg(call):
    function = {"ArgMax": "argmax", "ArgMin": "argmin"}[call.op]
    axis, keep = call.axis(0), bool(call.attribute("keepdims", 1))
    if not call.attribute("select_last_index", 0):
        return f"torch.{function}({call.x(0)}, {axis}, {keep})"
    return f"{call.shape(0)[axis] - 1} - torch.{function}({call.x(0)}.flip({axis}), {axis}, {keep})"


@operator("CumSum")
def cum_sum(call):
    axis = call.integers(1, "axis")[0] % call.rank(0)
    length, reverse = call.shape(0)[axis], call.attribute("reverse", 0)
    x = f"{call.x(0)}.flip({axis})" if reverse else call.x(0)
    if call.attribute("exclusive", 0):
        x = call.let("turned", x)
        x = f"torch.cat((torch.zeros_like({x}.narrow({axis}, 0, 1)), {x}.narrow({axis}, 0, {length - 1})), {axis})"
    result = f"torch.cumsum({x}, {axis}, dtype={GRAPH_TYPES[call.dtype(0)]})"
    return f"{result}.flip({axis})" if reverse else result


@operator("TopK")
def top_k(call):
    """Sorted, since of equal elements the first is to come first; torch.topk takes any of them."""
    axis, k = call.axis(-1), call.integers(1, "K")[0]
    largest = bool(call.attribute("largest", 1))
    call.attribute("sorted")  # in order in either case
    values, indices = call.let("values", "None"), call.let("indices", "None")
    call.line(f"{values}, {indices} = torch.sort({call.x(0)}, dim={axis}, descending={largest}, stable=True)")
    return [f"{values}.narrow({axis}, 0, {k})", f"{indices}.narrow({axis}, 0, {k})"]
