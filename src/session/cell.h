// One model and workload: its files and its truth, found when first needed and shared by all contestants.
#pragma once

#include <atomic>
#include <optional>

#include "models/workload.h"
#include "session/events.h"
#include "session/materials.h"
#include "session/session.h"
#include "verify/truth.h"

namespace assay::session {

class Cell {
 public:
  // Builds the workload's graph; nothing is written yet.
  [[nodiscard]] static Result<Cell> build(const models::Model& model, std::string_view workload,
                                          const Request& request);

  [[nodiscard]] const record::Cell& name() const { return name_; }
  [[nodiscard]] const models::Workload& workload() const { return workload_; }
  // Training: a step is the loss and the gradients of it.
  [[nodiscard]] bool trains() const { return workload_.name == "training"; }

  // The files of the step itself, or of its gradient graph. Written on the first call.
  [[nodiscard]] Result<const Materials*> materials(bool gradient_graph, Events& events);
  // Evaluated on the first call, by child processes that `stop` ends; the yardstick of a compute type shorter
  // than float32 when a contestant first declares it.
  [[nodiscard]] Result<const verify::Truth*> truth(Events& events, const std::atomic<bool>& stop,
                                                   std::string_view compute_type = "f32");

 private:
  Cell(models::Workload workload, WeightsSource source, const Request& request);
  [[nodiscard]] Result<Materials> write(const graph::Graph& graph, Events& events);

  models::Workload workload_;
  WeightsSource source_;
  const Request* request_;
  record::Cell name_;
  std::optional<Materials> step_;
  std::optional<Materials> gradient_;
  std::optional<verify::Truth> truth_;
};

}  // namespace assay::session
