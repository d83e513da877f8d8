"""Faults of Burn that do not concern the back end that runs here; a test that fails says that Burn has mended one (../../docs/findings.md)."""

import math
import re

from test_unsupported import sources


def test_gelu_backward_of_most_back_ends_is_that_of_the_tanh_form():
    text = (sources("burn-backend") / "src/backend/ops/activation.rs").read_text()
    a, b, c, d = (float(re.search(rf"let constant_{i} = ([0-9.]+);", text)[1]) for i in (1, 2, 3, 4))

    def burns(x):
        tanh = math.tanh(a * x**3 + b * x)
        return 0.5 * tanh + (c * x**3 + d * x) * (1 - tanh**2) + 0.5

    def exact(x):
        return 0.5 * (1 + math.erf(x / math.sqrt(2))) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    assert abs(burns(2.0) - exact(2.0)) > 8e-4
