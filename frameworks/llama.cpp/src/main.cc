// The runner of llama.cpp: libllama on the GGUF file that Assay writes for models of the llama family.
#include <ggml.h>
#include <llama.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "assay_runner/runner.h"
#include "device.h"
#include "session.h"

namespace llama_runner {
namespace {

using namespace assay_runner;
using assay::graph::Node;
using assay::record::NodeIssue;

// What a model of the llama family consists of.
constexpr std::array<std::string_view, 8> kOperators = {
    "Add", "Attention", "Gather", "Linear", "Mul", "RMSNormalization", "RotaryEmbedding", "Swish"};

// What libllama does on a GPU in each step, whether one wants it or not.
constexpr std::string_view kOnGpu =
    "; the CPU looks the tokens up, and the step ends with the logits in host memory";

// Why the model cannot be run, before anything of it is loaded.
Answer<> screen(const Load& load, const std::optional<Device>& here) {
  const LoadRequest& request = load.request;
  if (auto known = check_variant(request.variant, {variant()}); !known) return known;
  if (!here || request.device != here->name)
    return unsupported(Reason::device, "no device {}: this build of llama.cpp offers {}", request.device,
                       here ? here->name : "none on this machine");
  if (request.precision != "f32")
    return unsupported(Reason::precision, "f32 only, not {}", request.precision);
  if (request.gradients)
    return unsupported(Reason::op, "libllama gives no gradients: what trains keeps them to itself");
  const bool last_only =
      std::ranges::any_of(load.graph.nodes(), [](const Node& node) { return node.op == "Slice"; });
  if (request.gguf && last_only == load.generation.has_value()) return {};
  std::vector<NodeIssue> foreign;
  for (const Node& node : load.graph.nodes())
    if (!std::ranges::count(kOperators, std::string_view(node.op)))
      foreign.push_back({node.name, node.op, "not in a model of the llama family"});
  if (!foreign.empty()) return unsupported_nodes(std::move(foreign));
  return unsupported(Reason::op, "llama.cpp runs whole models that it knows; {} is not of the llama family",
                     load.graph.name());
}

class LlamaRunner : public Runner {
 public:
  LlamaRunner() {
    llama_log_set(log, nullptr);
    register_backend();
    llama_backend_init();
    device_ = device();
  }

  Answer<Description> describe() override {
    Description result{.framework = "llama.cpp",
                       .version = "ggml " + std::string(ggml_version()),
                       .devices = {},
                       .operators = {},
                       .precisions = {"f32"},
                       .training = false,
                       .details = {{"system", llama_print_system_info()}}};
    if (device_) result.devices.push_back({device_->name, device_->description});
    for (const auto name : kOperators) result.operators.emplace_back(name);
    return result;
  }

  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    session_.reset();
    if (auto fit = screen(*load, device_); !fit) return std::unexpected(std::move(fit.error()));
    auto session = Session::open(load, *device_);
    if (!session) return std::unexpected(std::move(session.error()));
    session_ = std::move(*session);
    return Loaded{.precision = "f32",
                  .threads = load->request.threads,
                  .notes = std::string("f32 cache, no flash attention: it works in f16") +
                           std::string(is_gpu(*device_) ? kOnGpu : "")};
  }

  Answer<> step(const TensorMap& inputs) override { return session_->step(inputs); }
  Answer<> parts(const TensorMap& inputs, const std::function<void()>& done) override {
    return session_->parts(inputs, done);
  }
  Answer<std::vector<PendingTensor>> outputs() override { return session_->outputs(); }

 private:
  // Warnings and errors only: what libllama tells about every tensor would hide them.
  static void log(ggml_log_level level, const char* text, void*) {
    if (level == GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
  }

  std::optional<Device> device_;
  std::unique_ptr<Session> session_;
};

}  // namespace
}  // namespace llama_runner

int main() {
  ::setenv("GGML_NO_BACKTRACE", "1", 1);
  ::setenv("NVIDIA_TF32_OVERRIDE", "0",
           1);  // ggml asks cuBLAS for TF32 in products of float32; this is asked first
  return assay_runner::serve([] { return std::make_unique<llama_runner::LlamaRunner>(); });
}
