#include "assay_runner/server.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <span>

#include "assay_runner/inputs.h"
#include "assay_runner/load.h"
#include "base/clock.h"
#include "protocol/codec.h"
#include "tensor/safetensors.h"

namespace assay_runner {

namespace protocol = assay::protocol;
using protocol::Result;

namespace {

// The timed loop: nothing but the step lies between the two looks at the clock.
Answer<protocol::Samples> time_steps(Runner& runner, std::span<const TensorMap> sets) {
  protocol::Samples samples;
  samples.samples_ns.resize(sets.size());
  for (size_t i = 0; i < sets.size(); ++i) {
    const int64_t start = assay::now_ns();
    auto done = runner.step(sets[i]);
    const int64_t end = assay::now_ns();
    if (!done) return std::unexpected(std::move(done.error()));
    samples.samples_ns[i] = std::max<int64_t>(end - start, 1);
  }
  return samples;
}

// The same of steps that run in parts.
Answer<protocol::Samples> time_parts(Runner& runner, std::span<const TensorMap> sets) {
  protocol::Samples samples;
  std::vector<int64_t>& parts = samples.parts_ns;
  for (const TensorMap& inputs : sets) {
    const int64_t start = assay::now_ns();
    int64_t last = start;
    auto done = runner.parts(inputs, [&] {
      const int64_t now = assay::now_ns();
      parts.push_back(std::max<int64_t>(now - last, 1));
      last = now;
    });
    if (!done) return std::unexpected(std::move(done.error()));
    samples.samples_ns.push_back(std::max<int64_t>(assay::now_ns() - start, 1));
  }
  return samples;
}

Forms forms_of(const std::vector<PendingTensor>& tensors) {
  Forms forms;
  for (const PendingTensor& tensor : tensors) forms[tensor.name] = {tensor.dtype, tensor.shape};
  return forms;
}

template <class T>
Answer<Result> as_result(Answer<T> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  return Result(std::move(*answer));
}

}  // namespace

Server::Server(Channel channel, MakeRunner make_runner)
    : channel_(std::move(channel)), make_runner_(std::move(make_runner)) {}

void Server::serve() {
  while (const auto line = channel_.read_line()) {
    const auto request = protocol::decode_request(*line);
    protocol::Reply reply;
    reply.id = request ? request->id : protocol::request_id(*line).value_or(0);
    auto given = request ? answer(request->call) : failed("{}", request.error());
    if (given)
      reply.answer = std::move(*given);
    else
      reply.answer = std::move(given.error());
    if (!channel_.write(protocol::encode(reply))) return;
    if (request && std::holds_alternative<protocol::CloseRequest>(request->call)) return;
  }
}

// No exception leaves: what a framework throws is its failure.
Answer<Result> Server::answer(const protocol::Call& call) {
  try {
    return std::visit([this](const auto& request) { return handle(request); }, call);
  } catch (const std::bad_alloc&) {
    return unsupported(Reason::memory, "out of memory");
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return failed("{}", exception.what());
  } catch (...) {
    return failed("an exception of unknown type");
  }
}

Answer<Result> Server::handle(const protocol::DescribeRequest&) {
  return as_result(ready_runner().describe());
}

Answer<Result> Server::handle(const LoadRequest& request) {
  loaded_.reset();
  sets_.clear();
  next_ = 0;
  last_set_.reset();
  auto load = read_load(request);
  if (!load) return std::unexpected(std::move(load.error()));
  auto result = ready_runner().load(*load);
  if (result) loaded_ = std::move(*load);
  return as_result(std::move(result));
}

Answer<Result> Server::handle(const protocol::InputsRequest& request) {
  if (!loaded_) return failed("inputs before a load that succeeded");
  sets_.clear();
  next_ = 0;
  auto sets = read_inputs(request, loaded_->graph);
  if (!sets) return std::unexpected(std::move(sets.error()));
  sets_ = std::move(*sets);
  return Result(protocol::Received{});
}

Answer<Result> Server::handle(const protocol::StepsRequest& request) {
  if (!loaded_) return failed("steps before a load that succeeded");
  const auto count = static_cast<size_t>(request.count);
  if (count > sets_.size() - next_)
    return failed("{} steps are asked for, and inputs of {} are left", count, sets_.size() - next_);
  last_set_.reset();
  const std::span chosen = std::span(sets_).subspan(next_, count);
  next_ += count;
  auto samples = loaded_->generation ? time_parts(*runner_, chosen) : time_steps(*runner_, chosen);
  inputs_ = std::move(chosen.back());
  for (TensorMap& used : chosen) used.clear();
  if (samples) last_set_ = static_cast<int>(next_) - 1;
  return as_result(std::move(samples));
}

Answer<Result> Server::handle(const protocol::OutputsRequest& request) {
  if (!last_set_) return failed("outputs before a step that succeeded");
  const auto tensors = runner_->outputs();
  if (!tensors) return std::unexpected(tensors.error());
  if (auto checked = check(forms_of(*tensors), output_forms(*loaded_), "the runner's outputs"); !checked)
    return std::unexpected(checked.error());
  const auto written =
      assay::tensor::write_safetensors(request.path, *tensors, assay::tensor::Flush::not_needed);
  if (!written) return failed("{}", written.error().message);
  return Result(protocol::Written{*last_set_});
}

Answer<Result> Server::handle(const protocol::CloseRequest&) { return Result(protocol::Closed{}); }

// Made at the first request, so that a framework that does not load is an answer and not a crash.
Runner& Server::ready_runner() {
  if (!runner_) runner_ = make_runner_();
  return *runner_;
}

Answer<> Runner::parts(const TensorMap& /*inputs*/, const std::function<void()>& /*done*/) {
  return failed("this runner runs no requests in parts");
}

int serve(const MakeRunner& make_runner) {
  Server(Channel::take_standard_streams(), make_runner).serve();
  return 0;
}

}  // namespace assay_runner
