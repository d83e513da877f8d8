"""What OpenVINO cannot do: the smallest graph for each thing, in unsupported/. The runner lets OpenVINO try all but double precision, which it
would take for single; when a test here fails, OpenVINO has learnt something and the runner should use it."""

import json
from pathlib import Path

import numpy
import openvino
import pytest
from drive import write_inputs
from openvino import opset15 as op

GRAPHS = sorted((Path(__file__).resolve().parents[1] / "unsupported").rglob("*.json"))


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_refused(client, tmp_path, path):
    graph = json.loads(path.read_text())
    error = client().load(write_inputs(tmp_path, graph, {}, {}))["error"]
    assert error["reason"] == "operator"
    assert [node["node"] for node in error["nodes"]] == [graph["nodes"][0]["name"]]


def test_double_precision_is_single():
    x = op.parameter([1], openvino.Type.f64)
    model = openvino.Model([op.add(x, op.constant(numpy.array([2.0**-40])))], [x])
    request = openvino.Core().compile_model(model, "CPU").create_infer_request()
    assert request.infer([numpy.array([1.0])])[0][0] == 1
