"""Normalisations."""

from .registry import operator


@operator("RMSNormalization")
def rms_normalization(call):
    shape = call.shape(0)[call.axis(-1) :]
    epsilon = float(call.attribute("epsilon", 1e-5))
    if call.shape(1) == shape:
        return f"F.rms_norm({call.x(0)}, {shape}, {call.x(1)}, {epsilon!r})"
    return f"F.rms_norm({call.x(0)}, {shape}, None, {epsilon!r}) * {call.x(1)}"


@operator("LayerNormalization")
def layer_normalization(call):
    shape = call.shape(0)[call.axis(-1) :]
    epsilon = float(call.attribute("epsilon", 1e-5))
    fits = call.shape(1) == shape and (not call.given(2) or call.shape(2) == shape)
    weights = f"{call.x(1)}, {call.x(2)}" if fits else "None, None"
    if call.wanted(1) or call.wanted(2):
        y, mean, deviation = (call.let(hint, "None") for hint in ("y", "mean", "inv_std_dev"))
        call.line(f"{y}, {mean}, {deviation} = torch.native_layer_norm({call.x(0)}, {shape}, {weights}, {epsilon!r})")
        return [_scaled(call, y, fits), mean, deviation]
    return _scaled(call, f"F.layer_norm({call.x(0)}, {shape}, {weights}, {epsilon!r})", fits)


def _scaled(call, y, done):
    """Scale and bias of a shape that PyTorch's own do not take: broadcast."""
    if done:
        return y
    return f"{y} * {call.x(1)}" + (f" + {call.x(2)}" if call.given(2) else "")


@operator("GroupNormalization")
def group_normalization(call):
    epsilon = float(call.attribute("epsilon", 1e-5))
    return f"F.group_norm({call.x(0)}, {call.attribute('num_groups')}, {call.x(1)}, {call.x(2)}, {epsilon!r})"


@operator("InstanceNormalization")
def instance_normalization(call):
    epsilon = float(call.attribute("epsilon", 1e-5))
    return f"F.instance_norm({call.x(0)}, weight={call.x(1)}, bias={call.x(2)}, eps={epsilon!r})"


@operator("LpNormalization")
def lp_normalization(call):
    return f"F.normalize({call.x(0)}, {float(call.attribute('p', 2))!r}, {call.axis(-1)})"


@operator("LRN")
def local_response_normalization(call):
    size = call.attribute("size")
    if size % 2 == 0:
        call.refuse("an even size: PyTorch has the odd channel on the other side")
    numbers = [float(call.attribute(name, usual)) for name, usual in (("alpha", 0.0001), ("beta", 0.75), ("bias", 1.0))]
    return f"F.local_response_norm({call.x(0)}, {size}, {', '.join(map(repr, numbers))})"


@operator("BatchNormalization")
def batch_normalization(call):
    if call.attribute("training_mode", 0):
        call.refuse("batch statistics (training_mode 1)")
    epsilon = float(call.attribute("epsilon", 1e-5))
    x, scale, bias, mean, variance = (call.x(index) for index in range(5))
    return f"F.batch_norm({x}, {mean}, {variance}, {scale}, {bias}, False, 0.0, {epsilon!r})"
