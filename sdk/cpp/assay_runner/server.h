// Answers requests until the pipe ends: decodes messages, calls the runner, encodes replies. What fails, in
// the request or in the framework, is an answer; nothing but the end of the pipe ends the loop.
#pragma once

#include <optional>

#include "assay_runner/channel.h"
#include "assay_runner/runner.h"

namespace assay_runner {

class Server {
 public:
  Server(Channel channel, MakeRunner make_runner);

  // Until `close` or the end of input.
  void serve();

 private:
  Answer<assay::protocol::Result> answer(const assay::protocol::Call& call);
  Answer<assay::protocol::Result> handle(const assay::protocol::DescribeRequest& request);
  Answer<assay::protocol::Result> handle(const assay::protocol::LoadRequest& request);
  Answer<assay::protocol::Result> handle(const assay::protocol::InputsRequest& request);
  Answer<assay::protocol::Result> handle(const assay::protocol::StepsRequest& request);
  Answer<assay::protocol::Result> handle(const assay::protocol::OutputsRequest& request);
  Answer<assay::protocol::Result> handle(const assay::protocol::CloseRequest& request);
  Runner& ready_runner();

  Channel channel_;
  MakeRunner make_runner_;
  std::unique_ptr<Runner> runner_;
  std::shared_ptr<const Load> loaded_;  // of the last load that succeeded
  std::vector<TensorMap> sets_;         // of the last inputs; those before next_ are used and gone
  size_t next_ = 0;
  TensorMap inputs_;             // of the last step
  std::optional<int> last_set_;  // their place in their file
};

}  // namespace assay_runner
