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


@operator("BatchNormalization")
def batch_normalization(call):
    if call.attribute("training_mode", 0):
        call.refuse("batch statistics (training_mode 1)")
    epsilon = float(call.attribute("epsilon", 1e-5))
    x, scale, bias, mean, variance = (call.x(index) for index in range(5))
    return f"F.batch_norm({x}, {mean}, {variance}, {scale}, {bias}, False, 0.0, {epsilon!r})"
