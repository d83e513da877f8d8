// One model and workload: its files and its truth, found when first needed and shared by all contestants.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "materials/materials.h"
#include "measure/feed.h"
#include "models/workload.h"
#include "record/request.h"
#include "session/run_context.h"
#include "verify/truth.h"

namespace assay::session {

// Before what is said of a contestant on PreparedCell::between_steps().
inline constexpr const char* kBetweenSteps = "in the pieces between the graph's steps: ";

// What an answer's accuracy there says of the contestant. Pieces are many and of few operators each, so that
// they tell mistakes; which class a contestant is in follows from its answers to the whole graph.
[[nodiscard]] record::Accuracy between_steps(record::Accuracy accuracy);

class PreparedCell {
 public:
  // Builds the workload's graph; nothing is written yet.
  [[nodiscard]] static Result<PreparedCell> build(const models::Model& model, std::string_view workload,
                                                  RunContext& context);

  [[nodiscard]] const record::Cell& name() const { return name_; }
  [[nodiscard]] const models::Workload& workload() const { return workload_; }
  // What is asked of a step, whole: "latency[@128,x1]", also where the name leaves out what is usual.
  [[nodiscard]] std::string request() const {
    return record::to_string({.kind = std::string(workload_.kind()), .request = workload_.request});
  }
  // Training: a step is the loss and the gradients of it.
  [[nodiscard]] bool trains() const { return workload_.kind() == "training"; }

  // The files of the step itself, or of its gradient graph. Written on the first call.
  [[nodiscard]] Result<const materials::Materials*> materials(bool gradient_graph);
  // Evaluated on the first call, by child processes that an interrupt ends; the yardstick of a compute type
  // shorter than float32 when a contestant first declares it.
  [[nodiscard]] Result<const verify::Truth*> truth(std::string_view compute_type = "f32");
  // The pieces of an inference between its steps (verify/steps.h), for contestants to be judged on; null
  // where there are no steps. Made on the first call.
  [[nodiscard]] Result<PreparedCell*> between_steps();
  // What makes the input sets: 0 and 1 are the workload's own, the others are drawn by this cell and no
  // other, so that nobody can know them. It refers to this cell.
  [[nodiscard]] measure::InputSource inputs() const;
  // The truth of one more set, evaluated when it is first asked for and kept until another is.
  [[nodiscard]] Result<const verify::Truth*> truth_of_set(uint64_t set, std::string_view compute_type);
  // Whether that takes no longer than so many seconds, as far as is known: by the last one that was
  // evaluated.
  [[nodiscard]] bool fresh_truth_within(double seconds) const {
    return fresh_truth_s_.value_or(0) <= seconds;
  }

  // Why its files or its truth cannot be had: nobody can be judged here then, and it is no contestant's
  // fault.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  PreparedCell(models::Workload workload, materials::WeightsSource source, RunContext& context);
  [[nodiscard]] Result<materials::Materials> write(const graph::Graph& graph);
  [[nodiscard]] Result<verify::TruthRequest> truth_request();
  [[nodiscard]] Result<const verify::Truth*> find_truth(std::string_view compute_type);
  [[nodiscard]] Result<const verify::Truth*> find_truth_of_set(uint64_t set, const verify::Truth& known);
  // Keeps the error of a result, unless it comes from an interrupt.
  template <class T>
  Result<T> keep_fault(Result<T> result) {
    if (!result && !context_->stop) fault_ = result.error();
    return result;
  }

  models::Workload workload_;
  materials::WeightsSource source_;
  RunContext* context_;
  record::Cell name_;
  std::optional<materials::Materials> step_;
  std::optional<materials::Materials> gradient_;
  std::optional<verify::Truth> truth_;
  uint64_t seed_of_inputs_;
  std::optional<std::pair<uint64_t, verify::Truth>> fresh_truth_;  // of the set that was asked for last
  std::optional<double> fresh_truth_s_;
  std::optional<std::unique_ptr<PreparedCell>> pieces_;
  std::optional<Error> fault_;
};

}  // namespace assay::session
