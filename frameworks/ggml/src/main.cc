// The runner of ggml: our graph on ggml's operators, on the CPU.
#include <ggml-cpu.h>
#include <ggml.h>

#include <cstdlib>

#include "assay_runner/runner.h"
#include "numbers.h"
#include "operators.h"
#include "program.h"
#include "whole_request.h"

namespace ggml_runner {
namespace {

using namespace assay_runner;

class GgmlRunner : public Runner {
 public:
  GgmlRunner() { ggml_cpu_init(); }

  Answer<Description> describe() override {
    Description result{
        .framework = "ggml",
        .version = ggml_version(),
        .devices = {{"cpu", cpu_features()}},
        .operators = {},
        .precisions = {"f32"},
        .training = true,
        .details = {{"llamafile", ggml_cpu_has_llamafile() != 0 ? "yes" : "no"}, {"compiler", __VERSION__}}};
    for (const Operator& op : operators()) result.operators.emplace_back(op.name);
    return result;
  }

  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    program_.reset();
    request_.reset();
    const LoadRequest& request = load->request;
    if (auto known = check_variant(request.variant, {"default", "gradient-graph"}); !known)
      return std::unexpected(std::move(known.error()));
    if (request.device != "cpu") return unsupported(Reason::device, "this build of ggml has the CPU only");
    if (request.precision != "f32")
      return unsupported(Reason::precision, "f32 only, not {}", request.precision);
    // The tests of what ggml cannot do let it try.
    const bool screened = std::getenv("ASSAY_GGML_UNSCREENED") == nullptr;
    auto faults =
        load->generation ? screen(load->generation->decode, false) : screen(load->graph, request.gradients);
    if (screened && !faults.empty()) return unsupported_nodes(std::move(faults));
    if (load->generation) return load_request(load);
    for (const ValueId id : load->graph.outputs())  // those of nodes are screened; inputs may be outputs, too
      if (const Value& value = load->graph.value(id); !is_computed_in(value.dtype))
        return unsupported(Reason::op, "{} is {}; ggml computes in F32", value.name, dtype_name(value.dtype));
    auto program = Program::build(load);
    if (!program) return std::unexpected(std::move(program.error()));
    program_ = std::move(*program);
    return Loaded{.precision = "f32", .threads = request.threads, .notes = ""};
  }

  Answer<> step(const TensorMap& inputs) override { return program_->step(inputs); }
  Answer<> parts(const TensorMap& inputs, const std::function<void()>& done) override {
    return request_->parts(inputs, done);
  }
  Answer<std::vector<PendingTensor>> outputs() override {
    return request_ ? request_->outputs() : program_->outputs();
  }

 private:
  Answer<Loaded> load_request(const std::shared_ptr<const Load>& load) {
    if (auto faults = screen(load->generation->prefill, false); !faults.empty())
      return unsupported_nodes(std::move(faults));
    auto built = WholeRequest::build(load);
    if (!built) return std::unexpected(std::move(built.error()));
    request_ = std::move(*built);
    return Loaded{.precision = "f32", .threads = load->request.threads, .notes = ""};
  }

  static bool is_computed_in(assay::tensor::DType dtype) {
    return dtype == assay::tensor::DType::f32 || dtype == assay::tensor::DType::boolean || is_integer(dtype);
  }

  static std::string cpu_features() {
    if (ggml_cpu_has_avx512() != 0) return "AVX-512";
    if (ggml_cpu_has_avx2() != 0) return "AVX2";
    if (ggml_cpu_has_neon() != 0) return "NEON";
    return "";
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<WholeRequest> request_;
};

}  // namespace
}  // namespace ggml_runner

int main() {
  // ggml starts a debugger for its backtrace when it aborts.
  ::setenv("GGML_NO_BACKTRACE", "1", 1);
  return assay_runner::serve([] { return std::make_unique<ggml_runner::GgmlRunner>(); });
}
