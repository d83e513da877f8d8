"""What PyTorch gets wrong on processors (docs/findings.md): a test that turns red says that a newer version has mended it."""

import pytest
import torch
import torch._inductor.config
from torch import nn


class Chain(nn.Module):
    """2 times a convolution by 1 of 3 times another."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (nn.Conv2d(1, 1, 1, bias=False) for _ in range(2))
        nn.init.ones_(self.first.weight), nn.init.ones_(self.second.weight)

    def forward(self, x):
        return 2.0 * self.second(3.0 * self.first(x))


class Scaled(nn.Module):
    """A transposed convolution, each of its channels times a number."""

    def __init__(self, outputs, bias=False):
        super().__init__()
        self.up = nn.ConvTranspose2d(2, outputs, 1, bias=bias)
        with torch.no_grad():
            self.up.weight.copy_(torch.arange(1.0, 2 * outputs + 1).reshape(2, outputs, 1, 1))
        self.register_buffer("scale", torch.tensor([1.0, 10.0])[:outputs].reshape(1, -1, 1, 1))

    def forward(self, x):
        return self.up(x) * self.scale


def compiled(module, x, freezing):
    torch._dynamo.reset()
    with torch._inductor.config.patch(freezing=freezing), torch.no_grad():
        return torch.compile(module.eval())(x).flatten().tolist()


@pytest.mark.parametrize("module, channels, right, found", [(Chain(), 1, [6], [9]), (Scaled(2), 2, [4, 60], [31, 42])], ids=["scalars", "transposed"])
def test_freezing_folds_factors_into_convolutions_wrongly(module, channels, right, found):
    x = torch.ones(1, channels, 1, 1)
    assert module(x).flatten().tolist() == compiled(module, x, freezing=False) == right
    assert compiled(module, x, freezing=True) == found


def test_or_cannot_with_a_bias_where_channels_become_fewer():
    with pytest.raises(RuntimeError, match="expected bias to be 1-dimensional with 1 elements"):
        compiled(Scaled(1, bias=True), torch.ones(1, 2, 1, 1), freezing=True)
