// The runner of OpenVINO: our graph on OpenVINO's operators, compiled by its plugin for the CPU.
#include "assay_runner/runner.h"
#include "operators.h"
#include "program.h"
#include "settings.h"
#include "whole_request.h"

namespace openvino_runner {
namespace {

using namespace assay_runner;

class OpenVinoRunner : public Runner {
 public:
  Answer<Description> describe() override {
    Description result{.framework = "OpenVINO",
                       .version = ov::get_openvino_version().buildNumber,
                       .devices = {{"cpu", core().get_property("CPU", ov::device::full_name)}},
                       .operators = {},
                       .precisions = {"f32"},
                       .training = false,
                       .details = {{"compiler", __VERSION__}}};
    for (const Operator& op : operators()) result.operators.emplace_back(op.name);
    return result;
  }

  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    program_.reset();
    request_.reset();
    const LoadRequest& request = load->request;
    if (auto known = check_variant(request.variant, {"default", kGradientGraph, kAsGiven}); !known)
      return std::unexpected(std::move(known.error()));
    if (request.device != "cpu") return unsupported(Reason::device, "this runner computes on the CPU only");
    if (request.precision != "f32")
      return unsupported(Reason::precision, "f32 only, not {}", request.precision);
    if (request.gradients)
      return unsupported(Reason::op, "OpenVINO has no gradients of its own; see the variant gradient-graph");
    if (request.variant == kAsGiven && !request.original) return failed("load names no file of the user's");
    if (load->generation) return load_request(load);
    auto program = Program::build(load);
    if (!program) return std::unexpected(std::move(program.error()));
    program_ = std::move(*program);
    return Loaded{.precision = "f32", .threads = program_->threads(), .notes = ""};
  }

  Answer<> step(const TensorMap& inputs) override {
    program_->step(inputs);
    return {};
  }
  Answer<> parts(const TensorMap& inputs, const std::function<void()>& done) override {
    request_->parts(inputs, done);
    return {};
  }
  Answer<std::vector<PendingTensor>> outputs() override {
    return request_ ? request_->outputs() : program_->outputs();
  }

 private:
  Answer<Loaded> load_request(const std::shared_ptr<const Load>& load) {
    auto request = WholeRequest::build(load);
    if (!request) return std::unexpected(std::move(request.error()));
    request_ = std::move(*request);
    return Loaded{.precision = "f32", .threads = request_->threads(), .notes = ""};
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<WholeRequest> request_;
};

}  // namespace
}  // namespace openvino_runner

int main() {
  return assay_runner::serve([] { return std::make_unique<openvino_runner::OpenVinoRunner>(); });
}
