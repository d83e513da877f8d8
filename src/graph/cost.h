// What a graph costs by itself, whoever runs it: arithmetic, bytes that must move, and memory that must be
// held at once.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace assay::graph {

struct Cost {
  double flops = 0;             // a multiply-add is two; causal attention counts the unmasked half only
  double parameter_bytes = 0;   // every parameter once; of an embedding only the rows that a Gather reads
  double trainable_bytes = 0;   // the part of it that is trainable
  double io_bytes = 0;          // inputs, states and outputs once
  double activation_bytes = 0;  // every other computed value written once; each read by a node once
  double peak_activation_bytes =
      0;  // most computed values alive at once when freed after their last reader, views for free
  // The same between nodes: what is held even by who writes each result over what is read for the last time.
  double least_activation_bytes = 0;
  int64_t parameters = 0;  // number of parameter elements, each tensor once
};

[[nodiscard]] Cost cost(const Graph& graph);

// FLOPs of one node, counted directly (a convolution as its sum of products, not by Winograd's or another
// shorter way). Products of matrices, convolutions and attention are exact; of the rest each elementary
// operation on an element (add, compare, exp, divide) counts one. Moving data counts none.
[[nodiscard]] double node_flops(const Graph& graph, const Node& node);

// A product of two operands within a node: of matrices, of an image and a kernel, of queries and keys. An
// operand is what its values hold; more than one for what a node joins.
struct Product {
  double flops = 0;        // a multiply-add is two; a causal product counts the unmasked half
  double least_flops = 0;  // by the shortest arithmetic in use: Winograd's for convolutions (least_work.cc)
  std::vector<ValueId> left, right;
};
// None for an operator that multiplies nothing but single elements.
[[nodiscard]] std::vector<Product> products(const Graph& graph, const Node& node);

// What every implementation of a step must do, whatever it fuses, folds or skips: a lower bound.
struct LeastWork {
  double flops = 0;        // of the products that are needed, each as the graph has it
  double least_flops = 0;  // of the same by the shortest arithmetic in use
  double bytes = 0;        // parameters, inputs, states and outputs once; gradients once
};
// `gradients`: the step computes the graph's loss and the gradient of every trainable parameter. A product
// then has one more product of its size for each operand that depends on a trainable parameter. Without
// gradients, products that depend on no input could be made before the step and do not count.
[[nodiscard]] LeastWork least_work(const Graph& graph, bool gradients);

// Whether a node's output is its first input's bytes under another shape (Reshape, Squeeze, Unsqueeze,
// Flatten, Identity), which costs nothing.
[[nodiscard]] bool is_view(const Node& node);

}  // namespace assay::graph
