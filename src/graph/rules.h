// The inference functions that the registry (operators.cc) refers to: one an operator, or one for all that
// infer alike.
#pragma once

#include "graph/call.h"

namespace assay::graph {

// shapes_elementwise.cc
Types infer_identity(const Call& call);
Types infer_number_unary(const Call& call);  // any number type
Types infer_floating_unary(const Call& call);
Types infer_not(const Call& call);
Types infer_arithmetic(const Call& call);
Types infer_pow(const Call& call);
Types infer_comparison(const Call& call);
Types infer_equal(const Call& call);
Types infer_logical(const Call& call);
Types infer_extremum(const Call& call);
Types infer_where(const Call& call);
Types infer_cast(const Call& call);
Types infer_clip(const Call& call);
Types infer_prelu(const Call& call);
Types infer_mod(const Call& call);
Types infer_mean(const Call& call);           // of any number of floating operands
Types infer_floating_test(const Call& call);  // to BOOL

// shapes_matrix.cc
Types infer_linear(const Call& call);
Types infer_matmul(const Call& call);
Types infer_gemm(const Call& call);

// shapes_einsum.cc
Types infer_einsum(const Call& call);

// shapes_recurrent.cc
Types infer_lstm(const Call& call);
Types infer_gru(const Call& call);
Types infer_rnn(const Call& call);

// shapes_attention.cc
Types infer_attention(const Call& call);
Types infer_rotary_embedding(const Call& call);

// shapes_normalization.cc
Types infer_rms_normalization(const Call& call);
Types infer_layer_normalization(const Call& call);
Types infer_group_normalization(const Call& call);
Types infer_batch_normalization(const Call& call);
Types infer_instance_normalization(const Call& call);
Types infer_lp_normalization(const Call& call);
Types infer_lrn(const Call& call);

// shapes_reduction.cc
Types infer_softmax(const Call& call);
Types infer_reduce(const Call& call);
Types infer_reduce_floating(const Call& call);
Types infer_arg(const Call& call);
Types infer_cum_sum(const Call& call);
Types infer_top_k(const Call& call);
Types infer_softmax_cross_entropy(const Call& call);

// shapes_layout.cc
Types infer_reshape(const Call& call);
Types infer_flatten(const Call& call);
Types infer_transpose(const Call& call);
Types infer_expand(const Call& call);
Types infer_squeeze(const Call& call);
Types infer_unsqueeze(const Call& call);
Types infer_concat(const Call& call);
Types infer_split(const Call& call);
Types infer_slice(const Call& call);
Types infer_pad(const Call& call);
Types infer_tile(const Call& call);
Types infer_trilu(const Call& call);
Types infer_reverse_sequence(const Call& call);

// shapes_indexing.cc
Types infer_gather(const Call& call);
Types infer_gather_elements(const Call& call);
Types infer_gather_nd(const Call& call);
Types infer_scatter_elements(const Call& call);
Types infer_scatter_nd(const Call& call);
Types infer_one_hot(const Call& call);

// shapes_image.cc
Types infer_conv(const Call& call);
Types infer_conv_transpose(const Call& call);
Types infer_max_pool(const Call& call);
Types infer_average_pool(const Call& call);
Types infer_global_average_pool(const Call& call);
Types infer_global_max_pool(const Call& call);
Types infer_resize(const Call& call);
Types infer_depth_to_space(const Call& call);
Types infer_space_to_depth(const Call& call);
Types infer_grid_sample(const Call& call);

}  // namespace assay::graph
