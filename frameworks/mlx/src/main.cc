// The runner of MLX: our graph as one compiled function on its arrays.
#include <mlx/backend/metal/metal.h>
#include <mlx/device.h>
#include <mlx/version.h>

#include <cstdlib>

#include "assay_runner/runner.h"
#include "blas.h"
#include "operators.h"
#include "program.h"
#include "whole_request.h"

namespace mlx_runner {
namespace {

using namespace assay_runner;

std::string text_of(const std::variant<std::string, size_t>& property) {
  if (const auto* text = std::get_if<std::string>(&property)) return *text;
  return std::to_string(std::get<size_t>(property));
}

std::string name_of(const mx::Device& device) {
  const auto& properties = mx::device_info(device);
  const auto found = properties.find("device_name");
  return found == properties.end() ? "" : text_of(found->second);
}

class MlxRunner : public Runner {
 public:
  Answer<Description> describe() override {
    Description result{.framework = "MLX",
                       .version = mx::version(),
                       .devices = {{"cpu", name_of(mx::Device::cpu)}},
                       .operators = {},
                       .precisions = {"f32"},
                       .training = true,
                       .details = {{"compiler", __VERSION__}}};
    if (mx::metal::is_available()) result.devices.push_back({"metal", name_of(mx::Device::gpu)});
    for (const Operator& op : operators()) result.operators.emplace_back(op.name);
    return result;
  }

  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    program_.reset();
    request_.reset();
    const LoadRequest& request = load->request;
    if (auto known = check_variant(request.variant, {"openblas", "stock", "metal"}); !known)
      return std::unexpected(std::move(known.error()));
    if (request.precision != "f32")
      return unsupported(Reason::precision, "f32 only, not {}", request.precision);
    if (auto chosen = choose_device(request.device); !chosen) return std::unexpected(chosen.error());
    auto blas = use_blas(request.variant, request.threads);
    if (!blas) return std::unexpected(blas.error());
    // MLX compiles fused kernels below the folder for temporary files, and looks there for those that it has.
    ::setenv("TMPDIR", request.cache.c_str(), 1);
    auto issues =
        load->generation ? screen(load->generation->decode, false) : screen(load->graph, request.gradients);
    if (!issues.empty()) return unsupported_nodes(std::move(issues));
    if (load->generation)
      request_ = std::make_unique<WholeRequest>(load);
    else
      program_ = std::make_unique<Program>(load);
    return Loaded{.precision = "f32", .threads = request.threads, .notes = *blas};
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
  static Answer<> choose_device(const std::string& name) {
    if (name == "metal" && mx::metal::is_available())
      mx::set_default_device(mx::Device::gpu);
    else if (name == "cpu")
      mx::set_default_device(mx::Device::cpu);
    else
      return unsupported(Reason::device, "MLX finds no {} here", name);
    return {};
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<WholeRequest> request_;
};

}  // namespace
}  // namespace mlx_runner

int main() {
  return assay_runner::serve([] { return std::make_unique<mlx_runner::MlxRunner>(); });
}
