"""Models as a user has them: functions that make a module and its arguments."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Linear(8, 5)

    def forward(self, image):
        return self.head(F.relu(self.norm(self.conv(image))).mean((2, 3)))


class Block(nn.Module):
    """A layer of a transformer with PyTorch's own attention and one of each activation."""

    def __init__(self, causal):
        super().__init__()
        self.first, self.second = nn.LayerNorm(16), nn.RMSNorm(16, eps=1e-6)
        self.qkv, self.out, self.up, self.down = nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 32), nn.Linear(32, 16)
        self.causal = causal

    def forward(self, tokens):
        batch, length, width = tokens.shape
        q, k, v = self.qkv(self.first(tokens)).view(batch, length, 3, 4, 4).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        tokens = tokens + self.out(heads.transpose(1, 2).reshape(batch, length, width))
        inner = self.up(self.second(tokens))
        return tokens + self.down(F.gelu(inner) + F.gelu(inner, approximate="tanh") + F.silu(inner))


class ManualAttention(nn.Module):
    def forward(self, q, k, v):
        return torch.softmax(q @ k.transpose(-2, -1) * 0.5, -1) @ v


CALLS = itertools.count(1)


class Drifting(nn.Module):
    """Answers otherwise each time it is called, which no file can."""

    def forward(self, x):
        return x * next(CALLS)


class Branch(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x - 1


class Chosen(nn.Module):
    def forward(self, x):
        return x[x > 0]


def cnn(batch=1):
    torch.manual_seed(0)
    return Cnn(), (torch.randn(batch, 3, 8, 8),)


def large():
    """As if it had more weights than one file of protobuf holds."""
    from torch.onnx._internal.exporter import _onnx_program
    _onnx_program._LARGE_MODEL_THRESHOLD = 1000
    return nn.Linear(64, 64), torch.randn(1, 64)


def transformer():
    torch.manual_seed(0)
    module = nn.Sequential(Block(causal=False), Block(causal=True))
    module.example_inputs = torch.randn(1, 6, 16)
    return module


def attention():
    torch.manual_seed(0)
    return ManualAttention(), {name: torch.randn(1, 2, 5, 4) for name in "qkv"}


def drifting():
    return Drifting(), torch.randn(3)


def branch():
    return Branch(), torch.randn(3)


def chosen():
    return Chosen(), torch.randn(3)


def failing():
    raise ValueError("no such weights")


def nothing():
    return 3
