// A runner of two operators, Identity and Add, on float32: for tests/conformance/test_sdks.py. Variants make
// it misbehave.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "assay_runner/runner.h"

namespace {

using namespace assay_runner;
using assay::graph::Node;
using assay::record::NodeIssue;

class EchoRunner : public Runner {
 public:
  EchoRunner() {
    if (std::getenv("ECHO_WITHOUT_FRAMEWORK"))
      throw std::runtime_error("libframework.so: cannot open shared object file");
    std::puts("a library prints");
  }

  Answer<Description> describe() override {
    std::puts("and prints again");
    std::fflush(stdout);
    return Description{.framework = "Echo",
                       .version = "1",
                       .devices = {{"cpu", "any"}},
                       .operators = {"Add", "Identity"},
                       .precisions = {"f32"},
                       .training = true,
                       .details = {}};
  }

  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    std::vector<NodeIssue> faults;
    for (const Node& node : load->graph.nodes())
      if (node.op != "Identity" && node.op != "Add") faults.push_back({node.name, node.op, "not in Echo"});
    if (!faults.empty()) return unsupported_nodes(std::move(faults));
    load_ = load;
    return Loaded{.precision = "f32", .threads = 1, .notes = "variant " + load->request.variant};
  }

  Answer<> step(const TensorMap& inputs) override {
    const std::string& variant = load_->request.variant;
    if (variant == "fails") return failed("the device is lost");
    if (variant == "throws") throw std::runtime_error("thrown by the framework");
    if (variant == "memory") throw std::bad_alloc();
    if (variant == "address")
      return failed("{}", reinterpret_cast<uintptr_t>(inputs.at("x").bytes().data()) % 64);
    values_ = inputs;
    values_.insert(load_->weights.begin(), load_->weights.end());
    for (const Node& node : load_->graph.nodes()) evaluate(node);
    return {};
  }

  Answer<std::vector<PendingTensor>> outputs() override {
    std::vector<PendingTensor> result;
    if (load_->request.variant == "forgets") return result;
    for (const auto id : load_->graph.outputs()) {
      const auto& value = load_->graph.value(id);
      result.push_back({value.name, value.dtype, output_shape(value.shape),
                        [this, &value]() -> assay::Result<Tensor> { return values_.at(value.name); }});
    }
    if (load_->request.gradients) append_gradients(result);
    return result;
  }

 private:
  [[nodiscard]] assay::tensor::Shape output_shape(const assay::tensor::Shape& shape) const {
    return load_->request.variant == "flat" ? assay::tensor::Shape{assay::tensor::element_count(shape)}
                                            : shape;
  }

  // Of sums, which is all it has.
  void append_gradients(std::vector<PendingTensor>& result) const {
    for (const auto id : load_->graph.with_role(assay::graph::Role::parameter)) {
      const auto& value = load_->graph.value(id);
      if (!value.trainable) continue;
      result.push_back({"grad." + value.name, value.dtype, value.shape, [&value]() -> assay::Result<Tensor> {
                          Tensor ones(value.dtype, value.shape);
                          std::ranges::fill(ones.mutable_data<float>(), 1.F);
                          return ones;
                        }});
    }
  }

  [[nodiscard]] const Tensor& operand(const Node& node, size_t i) const {
    return values_.at(load_->graph.value(node.inputs[i]).name);
  }

  void evaluate(const Node& node) {
    const Tensor& first = operand(node, 0);
    Tensor result(first.dtype(), first.shape());
    const auto from = first.data<float>();
    const auto to = result.mutable_data<float>();
    for (size_t i = 0; i < to.size(); ++i)
      to[i] = from[i] + (node.op == "Add" ? operand(node, 1).data<float>()[i] : 0.F);
    values_.insert_or_assign(load_->graph.value(node.outputs[0]).name, std::move(result));
  }

  std::shared_ptr<const Load> load_;
  TensorMap values_;
};

}  // namespace

int main() {
  return assay_runner::serve([] { return std::make_unique<EchoRunner>(); });
}
