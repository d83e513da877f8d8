#include "session/cell.h"

#include <algorithm>

#include "autodiff/gradient.h"

namespace assay::session {

Cell::Cell(models::Workload workload, WeightsSource source, const Request& request)
    : workload_(std::move(workload)), source_(std::move(source)), request_(&request) {
  name_ = {workload_.model, workload_.size, workload_.name, "f32"};
}

Result<Cell> Cell::build(const models::Model& model, std::string_view workload, const Request& request) {
  ASSAY_TRY(auto built, model.build(workload));
  WeightsSource source{model.checkpoint, request.seed};
  if (!request.weights.empty()) source.checkpoint = {request.weights};
  return Cell(std::move(built), std::move(source), request);
}

Result<Materials> Cell::write(const graph::Graph& graph, Events& events) {
  events.preparing("weights and graph files");
  const auto write_state = [&](const models::Evaluation& source, const std::filesystem::path& weights,
                               const std::filesystem::path& path) {
    events.preparing("the resident state, by the reference");
    return verify::write_state(source, weights, path, verify::child_evaluator(request_->assay),
                               request_->threads);
  };
  const auto told = [&](std::string_view what) { events.noticed(what); };
  ASSAY_TRY(Materials materials, cached_materials(workload_, graph, source_, write_state, told));
  const auto wants_gguf = [](const setup::Selection& contestant) {
    return contestant.variant->model == setup::ModelForm::gguf;
  };
  if (std::ranges::any_of(request_->contestants, wants_gguf))
    ASSAY_TRY_VOID(add_gguf(graph, materials, told));
  return materials;
}

Result<const Materials*> Cell::materials(bool gradient_graph, Events& events) {
  auto& kept = gradient_graph ? gradient_ : step_;
  if (kept) return &*kept;
  graph::Graph graph = workload_.step.graph;
  if (gradient_graph) {
    ASSAY_TRY(graph, autodiff::gradient(workload_.step.graph));
  }
  ASSAY_TRY(kept, write(graph, events));
  return &*kept;
}

Result<const verify::Truth*> Cell::truth(Events& events, const std::atomic<bool>& stop,
                                         std::string_view compute_type) {
  ASSAY_TRY(const Materials* files, materials(false, events));
  verify::TruthRequest request;
  request.weights = files->weights;
  request.weights_key = files->weights_key;
  request.state = files->state;
  request.threads = request_->threads;
  request.evaluate = verify::child_evaluator(request_->assay, &stop);
  request.progress = [&](std::string_view what) { events.preparing(what); };
  request.told = [&](std::string_view what) { events.noticed(what); };
  if (!truth_) {
    ASSAY_TRY(truth_, verify::find_truth(workload_, request));
  }
  ASSAY_TRY_VOID(verify::add_yardstick(*truth_, compute_type, workload_, request));
  return &*truth_;
}

}  // namespace assay::session
