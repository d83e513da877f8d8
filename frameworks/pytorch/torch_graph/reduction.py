"""Reductions, softmax and the cross-entropy."""

from .registry import operator
from .types import GRAPH_TYPES

_REDUCE = {"ReduceMax": "amax", "ReduceMin": "amin", "ReduceSum": "sum", "ReduceMean": "mean"}
# What is done to the elements, and to their sum.
_SUMS = {"ReduceL1": (".abs()", ""), "ReduceSumSquare": (".square()", ""), "ReduceLogSum": ("", ".log()")}


@operator(*_REDUCE)
def reduction(call):
    axes = call.integers(1, "axes") if call.given(1) else []
    keep = bool(call.attribute("keepdims", 1))
    if not axes:
        if call.attribute("noop_with_empty_axes", 0):
            return call.x(0)
        axes = list(range(call.rank(0)))
    if call.op == "ReduceMean" and not call.is_floating(0):
        call.refuse("the mean of integers")
    if call.op in ("ReduceMax", "ReduceMin") and 0 in [call.shape(0)[axis] for axis in axes]:
        call.refuse("an empty set")
    if not axes:  # a scalar
        return call.x(0)
    arguments = f"{tuple(axes)}, {keep}"
    if call.op == "ReduceSum" and not call.is_floating(0):
        arguments += f", dtype={GRAPH_TYPES[call.dtype(0)]}"
    return f"{call.x(0)}.{_REDUCE[call.op]}({arguments})"


def _axes(call):
    """Those that are reduced; None where the node asks for nothing."""
    axes = call.integers(1, "axes") if call.given(1) else []
    if not axes and call.attribute("noop_with_empty_axes", 0):
        return None
    return tuple(axes) or tuple(range(call.rank(0)))


@operator(*_SUMS)
def sum_of(call):
    axes, keep = _axes(call), bool(call.attribute("keepdims", 1))
    before, after = _SUMS[call.op]
    if not axes:
        return f"{call.x(0)}{before}{after}"
    return f"{call.x(0)}{before}.sum({axes}, {keep}, dtype={GRAPH_TYPES[call.dtype(0)]}){after}"


@operator("ReduceL2", "ReduceLogSumExp")
def norm(call):
    axes, keep = _axes(call), bool(call.attribute("keepdims", 1))
    if call.op == "ReduceL2":
        return f"torch.linalg.vector_norm({call.x(0)}, 2, {axes}, {keep})" if axes else f"{call.x(0)}.abs()"
    return f"torch.logsumexp({call.x(0)}, {axes}, {keep})" if axes else call.x(0)


@operator("ReduceProd")
def product(call):
    """PyTorch's is along one axis."""
    axes, keep = _axes(call), bool(call.attribute("keepdims", 1))
    result = call.x(0)
    for axis in sorted((axis % call.rank(0) for axis in axes or ()), reverse=True):
        result = f"{result}.prod({axis}, {keep}, dtype={GRAPH_TYPES[call.dtype(0)]})"
    return result


@operator("Softmax", "LogSoftmax")
def softmax(call):
    function = {"Softmax": "torch.softmax", "LogSoftmax": "torch.log_softmax"}[call.op]
    return f"{function}({call.x(0)}, {call.attribute('axis', -1)})"


@operator("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(call):
    labels = call.x(1) if call.dtype(1) == "I64" else f"{call.x(1)}.long()"
    options = [f"reduction={call.attribute('reduction', 'mean')!r}"]
    if call.given(2):
        options.append(f"weight={call.x(2)}")
    if call.attribute("ignore_index") is not None:
        options.append(f"ignore_index={call.attribute('ignore_index')}")
    if not call.wanted(1):
        return f"F.cross_entropy({call.x(0)}, {labels}, {', '.join(options)})"
    log_prob = call.let("log_prob", f"torch.log_softmax({call.x(0)}, 1)")
    return [f"F.nll_loss({log_prob}, {labels}, {', '.join(options)})", log_prob]
