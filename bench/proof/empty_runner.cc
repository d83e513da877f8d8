// A runner whose step does nothing: what is left in its samples is the C++ SDK's timing loop.
#include "assay_runner/runner.h"

namespace {

using namespace assay_runner;

class Empty : public Runner {
 public:
  Answer<Description> describe() override {
    return Description{.framework = "empty",
                       .version = "0",
                       .devices = {{"cpu", ""}},
                       .operators = {},
                       .precisions = {"f32"},
                       .training = false,
                       .details = {}};
  }
  Answer<Loaded> load(const std::shared_ptr<const Load>& load) override {
    return Loaded{.precision = "f32", .threads = load->request.threads, .notes = ""};
  }
  Answer<> step(const TensorMap&) override { return {}; }
  Answer<std::vector<PendingTensor>> outputs() override { return {}; }
};

}  // namespace

int main() {
  return assay_runner::serve([] { return std::make_unique<Empty>(); });
}
