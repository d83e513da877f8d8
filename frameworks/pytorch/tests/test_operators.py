"""ONNX's node tests that tests/conformance leaves out, since the gate judges float32 and a graph of Assay does not hold them all. What
PyTorch cannot do is refused and listed here by name, each with its reason."""

from pathlib import Path

import numpy
import pytest
import torch

pytest.importorskip("onnx", reason="ONNX's node tests come with the package onnx")

from onnx_cases import cases  # noqa: E402
from torch_graph import build, operators  # noqa: E402

ALL = {case.name: case for case in cases(operators())}

SKIPS = Path(__file__).resolve().parents[3] / "tests/onnx_nodes/skips.tsv"


def is_judged(case):
    """By tests/conformance: of the gate's types, with outputs that are finite, and one that the reference passes."""
    known = {numpy.dtype(kind) for kind in (numpy.float32, numpy.int64, numpy.int32, numpy.bool_)}
    arrays = [*case.inputs.values(), *case.expected.values()]
    skipped = {line.split("\t")[0] for line in SKIPS.read_text().splitlines()}
    return (case.name not in skipped and all(numpy.asarray(array).dtype in known for array in arrays)
            and all(numpy.isfinite(array).all() for array in case.expected.values()))


JUDGED = {name for name, case in ALL.items() if is_judged(case)}

# Cases outside of what a graph of Assay can hold (src/graph/operators.cc), and two that PyTorch's functions do not offer.
WINDOW = "attribute left_window_size"
REFUSED = {
    "test_attention_3d_local_window": WINDOW,
    "test_attention_bidirectional_window": WINDOW,
    "test_attention_local_window": WINDOW,
    "test_attention_local_window_default": WINDOW,
    "test_attention_local_window_ext_cache_float16_mask": WINDOW,
    "test_attention_local_window_ext_cache_rank2_mask": WINDOW,
    "test_attention_local_window_ext_cache_rank3_head_mask": WINDOW,
    "test_attention_local_window_ext_cache_rank4_batch_mask": WINDOW,
    "test_attention_local_window_gqa_rank4_mask": WINDOW,
    "test_attention_local_window_rank1_boolean_mask": WINDOW,
    "test_attention_local_window_with_past": WINDOW,
    "test_batchnorm_epsilon_training_mode": "batch statistics",
    "test_batchnorm_example_training_mode": "batch statistics",
    "test_convtranspose_autopad_same": "auto_pad",
    "test_convtranspose_kernel_shape": "attribute output_shape",
    "test_convtranspose_output_shape": "attribute output_shape",
    "test_maxpool_with_argmax_2d_precomputed_strides": "column-major",
    "test_reduce_max_empty_set": "an empty set",
    "test_reduce_max_empty_set_bool": "an empty set",
    "test_reduce_min_empty_set": "an empty set",
    "test_resize_downsample_scales_cubic": "mode cubic",
    "test_resize_downsample_scales_cubic_A_n0p5_exclude_outside": "mode cubic",
    "test_resize_downsample_scales_cubic_align_corners": "mode cubic",
    "test_resize_downsample_scales_cubic_antialias": "mode cubic",
    "test_resize_downsample_scales_linear_antialias": "attribute antialias",
    "test_resize_downsample_scales_linear_half_pixel_symmetric": "half_pixel_symmetric",
    "test_resize_downsample_sizes_cubic": "mode cubic",
    "test_resize_downsample_sizes_cubic_antialias": "mode cubic",
    "test_resize_downsample_sizes_linear_antialias": "attribute antialias",
    "test_resize_upsample_scales_cubic": "mode cubic",
    "test_resize_upsample_scales_cubic_A_n0p5_exclude_outside": "mode cubic",
    "test_resize_upsample_scales_cubic_align_corners": "mode cubic",
    "test_resize_upsample_scales_cubic_asymmetric": "mode cubic",
    "test_resize_upsample_scales_linear_half_pixel_symmetric": "half_pixel_symmetric",
    "test_resize_upsample_sizes_cubic": "mode cubic",
    "test_spacetodepth_crd_mode_example": "attribute mode",
    "test_spacetodepth_dcr_mode_example": "attribute mode",
    "test_resize_tf_crop_and_resize": "tf_crop_and_resize",
    "test_resize_tf_crop_and_resize_axes_2_3": "tf_crop_and_resize",
    "test_resize_tf_crop_and_resize_axes_3_2": "tf_crop_and_resize",
    "test_resize_tf_crop_and_resize_extrapolation_value": "tf_crop_and_resize",
    "test_resize_downsample_sizes_nearest_not_larger": "axes",
    "test_resize_downsample_sizes_nearest_not_smaller": "axes",
    "test_resize_upsample_scales_nearest_axes_2_3": "axes",
    "test_resize_upsample_scales_nearest_axes_3_2": "axes",
    "test_resize_upsample_sizes_nearest_axes_2_3": "axes",
    "test_resize_upsample_sizes_nearest_axes_3_2": "axes",
    "test_resize_upsample_sizes_nearest_not_larger": "axes",
    "test_resize_upsample_sizes_nearest_not_smaller": "axes",
}


def run(case):
    program, faults = build(case.graph, {}, {}, torch.device("cpu"))
    if faults:
        return faults
    with torch.inference_mode():
        results = program.forward(*(torch.tensor(case.inputs[name]) for name in program.inputs))
    return dict(zip(program.outputs, results))


@pytest.mark.parametrize("name", sorted(set(ALL) - set(REFUSED) - JUDGED))
def test_node(name):
    case = ALL[name]
    results = run(case)
    assert isinstance(results, dict), results
    for output, expected in case.expected.items():
        actual = results[output].numpy()
        assert actual.dtype == expected.dtype and actual.shape == numpy.shape(expected)
        rtol = max(case.rtol, 2e-3) if actual.dtype == numpy.float16 else case.rtol
        numpy.testing.assert_allclose(actual, expected, rtol=rtol, atol=case.atol)


def test_the_number_of_cases():
    """A change of the package onnx, or an operator that is no longer registered, shows here."""
    assert (len(ALL), len(REFUSED)) == (827, 49)
    assert len(JUDGED) > 480


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_says_why(name):
    faults = run(ALL[name])
    assert isinstance(faults, list) and REFUSED[name] in faults[0][1]
