"""Images stay channels last from one convolution to the next, and filters lie as those read them."""

import re

import jax
import numpy
import pytest
from assay_runner.graph import Graph, Node, Value
from jax_graph import build


def two_convolutions():
    """A convolution, a ReLU with a residual, a second convolution, a pool, and their mean as the loss."""
    shapes = {"x": (2, 3, 12, 12), "first": (8, 3, 3, 3), "second": (8, 8, 3, 3), **dict.fromkeys("abcd", (2, 8, 12, 12)),
              "pooled": (2, 8, 6, 6), "loss": ()}
    roles = {"x": "input", "first": "parameter", "second": "parameter"}
    values = {name: Value(name, "F32", shape, roles.get(name, "computed"), roles.get(name) == "parameter") for name, shape in shapes.items()}
    nodes = [Node("conv1", "Conv", ("x", "first"), ("a",), {"pads": [1] * 4}), Node("relu", "Relu", ("a",), ("b",), {}),
             Node("conv2", "Conv", ("b", "second"), ("c",), {"pads": [1] * 4}), Node("add", "Add", ("a", "c"), ("d",), {}),
             Node("pool", "MaxPool", ("d",), ("pooled",), {"kernel_shape": [2, 2], "strides": [2, 2]}),
             Node("mean", "ReduceMean", ("pooled",), ("loss",), {"keepdims": 0})]
    return Graph("two convolutions", values, nodes, ["loss"])


@pytest.fixture(scope="module")
def lowered():
    graph = two_convolutions()
    program, _ = build(graph, gradients=True)
    weights = {value.name: numpy.ones(value.shape, numpy.float32) for value in graph.trainable()}
    x = numpy.ones(graph.values["x"].shape, numpy.float32)
    return jax.jit(program.with_gradients).lower(program.trained(weights), program.residents({}, {}), {}, [x])


def test_convolutions_read_channels_last(lowered):
    forward = [line for line in lowered.as_text().splitlines() if "stablehlo.convolution" in line][:2]
    assert len(forward) == 2 and all("[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]" in line for line in forward)


def test_only_the_input_is_turned(lowered):
    """In what XLA made of it. Gradients by filters are convolutions that sum over the batch, for which XLA turns images in other ways."""
    turned = re.findall(r"= f32\[([\d,]+)\]\S* transpose\(.*dimensions=\{0,(?:2,3,1|3,1,2)\}", lowered.compile().as_text())
    assert turned == ["2,12,12,3"]
