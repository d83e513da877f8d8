// Steps: operators that go to whole numbers in the middle of a graph, as quantised files do. What lies half
// way between two of them falls, by a rounding, on either side, and differs by a whole quantum then; whatever
// follows differs with it. Here are the graphs that are evaluated to tell how far an honest answer may be off
// because of that, and the numbers that they are given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace assay::verify {

struct Step {
  std::string node;
  std::string operand;  // by name: a value that a node computes
  std::string given;    // an input of held(): the operand
  std::string push;     // an input of pushed(): what is added to the operand
  bool last = false;    // a way leads to an output on which there is no other step
};

// In the order of the graph.
[[nodiscard]] std::vector<Step> steps_of(const graph::Graph& graph);

// The graph with every step's operand among its outputs.
[[nodiscard]] Result<graph::Graph> told(const graph::Graph& graph, const std::vector<Step>& steps);
// The same, but that every step goes from an operand that is given: the pieces of the graph between steps,
// side by side.
[[nodiscard]] Result<graph::Graph> held(const graph::Graph& graph, const std::vector<Step>& steps);
// The graph with something added to every step's operand, and the operands of the last steps among its
// outputs.
[[nodiscard]] Result<graph::Graph> pushed(const graph::Graph& graph, const std::vector<Step>& steps);

// For each element, as float32, share x the larger of its own size and the root mean square of all, up or
// down: one seed draws the same signs again, `against` turns all of them round.
[[nodiscard]] tensor::Tensor push_of(const Step& step, const tensor::Tensor& operand, double share,
                                     uint64_t seed, bool against);

}  // namespace assay::verify
