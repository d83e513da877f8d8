"""The standard's node tests of our operators, read as graphs, exported again and run in ONNX Runtime: the export says what it should,
and ONNX Runtime has a kernel for every operator at our opset. What it cannot do is listed with the reason and must fail."""

import json

import generate
import numpy
import pytest
from conftest import ROOT, session
from operators import operators

BINDING = "the Python binding has no bfloat16"
SCORES = "masked scores are the lowest float32 there, not -inf"
LATER = "opset 24 has not this type for it"
BATCHWISE = "layout 1, which the runner rewrites (rewrite/steps_first.py)"
ONNX_RUNTIME_CANNOT = {
    "test_attention_4d_causal_fp16": "rounds float16 differently",
    "test_attention_4d_diff_heads_mask4d_padded_kv": "nonpad_kv_seqlen with a mask shorter than the keys",
    "test_attention_4d_with_past_and_present_qk_matmul_bias_3d_mask_causal": SCORES,
    "test_attention_4d_with_past_and_present_qk_matmul_bias_4d_mask_causal": SCORES,
    "test_cast_BFLOAT16_to_FLOAT": BINDING,
    "test_cast_FLOAT_to_BFLOAT16": BINDING,
    "test_celu_bfloat16": LATER,
    "test_celu_float16": LATER,
    "test_einsum_batch_matmul_bfloat16": LATER,
    "test_einsum_sum_bfloat16": LATER,
    "test_einsum_transpose_bfloat16": LATER,
    "test_gru_batchwise": BATCHWISE,
    "test_lstm_batchwise": BATCHWISE,
    "test_simple_rnn_batchwise": BATCHWISE,
    "test_reversesequence_bfloat16": LATER,
    "test_resize_downsample_scales_linear_align_corners": "other rounding of the output's size",
}




def cases():
    """(name, case) of the tests that the reference passes."""
    lines = (ROOT / "tests/onnx_nodes/skips.tsv").read_text().splitlines()
    skipped = {line.split("\t")[0] for line in lines if not line.startswith("#")}
    known = set(operators())
    return {case.name: case for case in generate.single_node_cases()
            if case.model.graph.node[0].op_type in known and case.name not in skipped}


CASES = cases()


def test_there_are_many_and_every_exception_is_one_of_them():
    assert len(CASES) > 480
    assert set(ONNX_RUNTIME_CANNOT) <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_node(program, tmp_path, name, request):
    if name in ONNX_RUNTIME_CANNOT:
        request.applymarker(pytest.mark.xfail(strict=True, reason=ONNX_RUNTIME_CANNOT[name]))
    case, tensors = CASES[name], {}
    graph = json.loads(generate.convert(case, tensors))
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    program.run("graph", tmp_path / "graph.json", "--onnx", tmp_path / "model.onnx")
    inputs = [value["name"] for value in graph["values"] if value["role"] == "input"]
    got = session(tmp_path / "model.onnx").run(graph["outputs"], {name: tensors[f"{case.name}/in/{name}"] for name in inputs})
    for output, array in zip(graph["outputs"], got, strict=True):
        wanted = tensors[f"{case.name}/out/{output}"]
        numpy.testing.assert_allclose(array, wanted, rtol=max(case.rtol, 1e-5), atol=max(case.atol, 1e-6))
