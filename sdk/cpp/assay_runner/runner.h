// What a runner implements, and what it is given. A runner's program is
//
//   int main() { return assay_runner::serve([] { return std::make_unique<MyRunner>(); }); }
//
// The SDK owns the pipe, the clock, the timing loop and the tensor files (docs/protocol.md); it is compiled
// from the core's own base, tensor, graph, record and protocol.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "assay_runner/answer.h"
#include "graph/graph.h"
#include "protocol/messages.h"
#include "tensor/tensor.h"

namespace assay_runner {

using assay::graph::Graph;
using assay::protocol::Description;
using assay::protocol::Loaded;
using assay::protocol::LoadRequest;
using assay::record::Reason;
using assay::tensor::Tensor;
using assay::tensor::TensorMap;

// The request to load with its files read. Weights and state hold exactly the graph's parameters and states,
// each input set exactly its inputs, in the types and shapes that the graph says. Weights and state are views
// of mapped files (copy what you keep), inputs lie in memory.
struct Load {
  Graph graph;
  TensorMap weights;
  TensorMap state;
  std::array<TensorMap, 2> inputs;
  LoadRequest request;  // variant, device, precision, threads, gradients, cache, and the files' paths
};

class Runner {
 public:
  Runner() = default;
  virtual ~Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  [[nodiscard]] virtual Answer<Description> describe() = 0;
  // Builds the model on the device and makes the state resident. Replaces what was loaded before.
  [[nodiscard]] virtual Answer<Loaded> load(const std::shared_ptr<const Load>& load) = 0;
  // Runs once with input set 0 or 1, waits until all outputs are complete, keeps them. This is what is timed.
  [[nodiscard]] virtual Answer<> step(size_t input_set) = 0;
  // What the last step left, not recomputed: the graph's outputs by name, with gradients also
  // "grad.<parameter>".
  [[nodiscard]] virtual Answer<TensorMap> outputs() = 0;
};

using MakeRunner = std::function<std::unique_ptr<Runner>()>;

// Takes standard input and output, then makes the runner at the first request, and answers until `close` or
// the end of input. Returns the exit code.
int serve(const MakeRunner& make_runner);

}  // namespace assay_runner
