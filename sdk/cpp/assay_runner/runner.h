// What a runner implements, and what it is given. A runner's program is
//
//   int main() { return assay_runner::serve([] { return std::make_unique<MyRunner>(); }); }
//
// The SDK owns the pipe, the clock, the timing loop and the tensor files (docs/protocol.md); it is compiled
// from the core's own base, tensor, graph, record and protocol.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "assay_runner/answer.h"
#include "graph/graph.h"
#include "protocol/messages.h"
#include "tensor/safetensors.h"
#include "tensor/tensor.h"

namespace assay_runner {

using assay::graph::Graph;
using assay::protocol::Description;
using assay::protocol::Loaded;
using assay::protocol::LoadRequest;
using assay::record::Reason;
using assay::tensor::PendingTensor;
using assay::tensor::Tensor;
using assay::tensor::TensorMap;

// A step that is a whole request: `prefill` once, then `decode` so many times, over the same weights
// (docs/protocol.md, generation). The input input_ids holds what prefill takes, followed by one token of each
// sequence for each decode. What a graph gives as layers.N.key and layers.N.value comes to the next places of
// decode's states layers.N.past_key and layers.N.past_value, which the runner makes.
struct Generation {
  Graph prefill;
  Graph decode;
  int64_t decodes = 0;
};

// The request to load with its files read. Weights and state hold exactly the graph's parameters and states,
// in the types and shapes that the graph says, as views of mapped files (copy what you keep).
struct Load {
  Graph graph;
  TensorMap weights;
  TensorMap state;
  TensorMap fixed;  // with request.original: inputs that the user's file has and the graph has not
  std::optional<Generation> generation;  // of a step that runs in parts
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
  // Runs once with these inputs, waits until all outputs are complete, keeps them. This is what is timed. The
  // inputs are exactly the graph's, in host memory that is contiguous, aligned to 64 bytes and theirs alone
  // until the next step. None comes twice, and which are judged is not said.
  [[nodiscard]] virtual Answer<> step(const TensorMap& inputs) = 0;
  // Instead of step() where the load has a generation: runs a whole request, and calls `done` whenever one of
  // its parts is complete, prefill first. The outputs are those of all parts, joined along the same
  // dimension.
  [[nodiscard]] virtual Answer<> parts(const TensorMap& inputs, const std::function<void()>& done);
  // What the last step left, not recomputed: the graph's outputs by name, with gradients also
  // "grad.<parameter>". Each is produced when its turn to be written comes, and let go afterwards: what needs
  // a copy needs one at a time. May be asked for twice.
  [[nodiscard]] virtual Answer<std::vector<PendingTensor>> outputs() = 0;
};

using MakeRunner = std::function<std::unique_ptr<Runner>()>;

// Takes standard input and output, then makes the runner at the first request, and answers until `close` or
// the end of input. Returns the exit code.
int serve(const MakeRunner& make_runner);

}  // namespace assay_runner
