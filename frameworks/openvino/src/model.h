// A graph as a model of OpenVINO.
#pragma once

#include <memory>
#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#include "assay_runner/runner.h"
#include "graph/graph.h"

namespace openvino_runner {

struct Model {
  std::shared_ptr<ov::Model> model;
  std::vector<std::string> arguments;  // the model's parameters, by the names of their values, in order
};

// The model's parameters are the graph's inputs and states, and with `variable_weights` what is trained: what
// changes from step to step is neither folded nor packed. All else is constant and lies in the mapped
// weights, which must outlive the model. Fails (unsupported, operator) with every node that OpenVINO cannot
// make.
[[nodiscard]] assay_runner::Answer<Model> make_model(const assay_runner::Load& load, bool variable_weights);

// The user's own ONNX file, unmodified; its outputs stand in the order of the graph's. Fails (unsupported,
// precision) where it takes or gives other types than the graph, which is computed in float32.
[[nodiscard]] assay_runner::Answer<Model> given_model(const assay_runner::Load& load);

// All nodes that the CPU plugin cannot compile, each tried alone: what compiling the whole throws names the
// first at best.
[[nodiscard]] std::vector<assay::record::NodeIssue> refused_nodes(const assay::graph::Graph& graph);

}  // namespace openvino_runner
