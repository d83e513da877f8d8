"""The operators of the llama, vla and plain U-Net graphs in PyTorch, in float64, written from ONNX's text and from nothing of ours.
Rotation, attention and norms are spelled out, so that they share no code with what they check."""

import math

import torch


def _constant(value):
    types = {"I64": torch.int64, "F32": torch.float32, "BOOL": torch.bool}
    return torch.tensor(value["data"], dtype=types[value["dtype"]]).reshape(value["shape"])


def _gather(attributes, data, indices):
    assert attributes.get("axis", 0) == 0
    return data[indices]


def _rms_norm(attributes, x, scale):
    assert attributes.get("axis", -1) == -1
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + attributes["epsilon"]) * scale


def _linear(attributes, x, weight, bias=None):
    y = x @ weight.T
    return y if bias is None else y + bias


def _rotary(attributes, x, cos, sin):
    assert attributes.get("interleaved", 0) == 0 and x.dim() == 3
    batch, length, columns = x.shape
    heads = x.reshape(batch, length, attributes["num_heads"], -1)
    first, second = heads.chunk(2, dim=-1)
    cos, sin = cos.to(x)[:, :, None, :], sin.to(x)[:, :, None, :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).reshape(batch, length, columns)


def _attention(attributes, q, k, v, mask=None, past_k=None, past_v=None):
    heads, kv_heads = attributes["q_num_heads"], attributes["kv_num_heads"]
    batch, length, columns = q.shape

    def split(x, count):
        return x.reshape(batch, -1, count, x.shape[-1] // count).transpose(1, 2)

    q, k, v = split(q, heads), split(k, kv_heads), split(v, kv_heads)
    assert mask is None
    past = 0 if past_k is None else past_k.shape[2]
    if past:
        k, v = torch.cat([past_k.to(k), k], 2), torch.cat([past_v.to(v), v], 2)
    k, v = (x.repeat_interleave(heads // kv_heads, dim=1) for x in (k, v))
    scores = q @ k.transpose(-1, -2) * attributes.get("scale", 1 / math.sqrt(columns // heads))
    if attributes.get("is_causal", 0):
        scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1 + past), -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, -1)


def _cross_entropy(attributes, scores, labels):
    assert attributes.get("reduction", "mean") == "mean"
    return -scores.log_softmax(1)[torch.arange(len(labels)), labels].mean()


def _conv(attributes, x, weight, bias):
    pads = attributes["pads"]
    assert pads[:2] == pads[2:] and attributes.get("group", 1) == 1
    return torch.nn.functional.conv2d(x, weight, bias, attributes["strides"], pads[:2])


def _group_norm(attributes, x, scale, bias):
    groups = x.reshape(x.shape[0], attributes["num_groups"], -1)
    centred = groups - groups.mean(-1, keepdim=True)
    normed = (centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + attributes["epsilon"])).reshape(x.shape)
    return normed * scale[:, None, None] + bias[:, None, None]


def _resize(attributes, x, roi, scales):
    assert attributes["mode"] == "nearest" and roi is None and scales.tolist() == [1, 1, 2, 2]
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def _reduce_mean(attributes, x):
    assert attributes["keepdims"] == 0
    return x.mean()


OPERATORS = {
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Conv": _conv,
    "Cos": lambda a, x: torch.cos(x),
    "Expand": lambda a, x, shape: x.expand(shape.tolist()),
    "GroupNormalization": _group_norm,
    "ReduceMean": _reduce_mean,
    "Resize": _resize,
    "Sin": lambda a, x: torch.sin(x),
    "Sub": lambda a, x, y: x - y,
    "Add": lambda a, x, y: x + y,
    "Mul": lambda a, x, y: x * y,
    "Reshape": lambda a, x, shape: x.reshape(shape.tolist()),
    "Swish": lambda a, x: x * torch.sigmoid(a.get("alpha", 1.0) * x),
    "Gather": _gather,
    "RMSNormalization": _rms_norm,
    "Linear": _linear,
    "RotaryEmbedding": _rotary,
    "Attention": _attention,
    "SoftmaxCrossEntropyLoss": _cross_entropy,
}


def evaluate(graph, tensors):
    """Outputs by name; `tensors` holds inputs and parameters."""
    constants = {v["name"]: _constant(v) for v in graph["values"] if v["role"] == "constant"}
    values = {name: x.double() if x.dtype == torch.float32 else x for name, x in (constants | tensors).items()}
    for node in graph["nodes"]:
        inputs = [values[name] if name else None for name in node["inputs"]]
        (output,) = node["outputs"]
        values[output] = OPERATORS[node["op"]](node.get("attributes", {}), *inputs)
    return {name: values[name] for name in graph["outputs"]}
