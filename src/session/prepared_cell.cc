#include "session/prepared_cell.h"

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "autodiff/gradient.h"
#include "base/clock.h"
#include "host/host.h"
#include "models/fresh.h"
#include "session/least_resources.h"
#include "tensor/safetensors.h"

namespace assay::session {
namespace {

// The sets of these numbers, stacked. Runs of fresh ones are made in one go.
tensor::TensorMap input_sets(const models::Workload& workload, uint64_t seed,
                             std::span<const uint64_t> numbers) {
  std::vector<tensor::TensorMap> parts, sets;
  for (size_t begin = 0; begin < numbers.size();) {
    size_t end = begin + 1;
    if (numbers[begin] >= measure::kOwnSets)
      while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    const int count = static_cast<int>(end - begin);
    if (numbers[begin] < measure::kOwnSets) {
      sets.push_back(workload.step.inputs[numbers[begin]]);
    } else {
      parts.push_back(models::fresh_inputs(workload, seed, numbers[begin], count));
      if (end - begin == numbers.size()) return parts.front();
      for (int i = 0; i < count; ++i) sets.push_back(models::set_of(parts.back(), i));
    }
    begin = end;
  }
  return models::stacked(sets);
}

// Nobody's process is killed for what can be known before.
Result<> check_memory(const models::Workload& workload) {
  const auto available = host::available_memory_bytes();
  const auto shortage = available ? truth_shortage(least_resources(workload), *available) : std::string();
  if (shortage.empty()) return {};
  return fail(ErrorKind::environment, "{} {} {}: {}", workload.model, workload.size, workload.name, shortage);
}

}  // namespace

record::Accuracy between_steps(record::Accuracy accuracy) {
  if (accuracy.verdict == record::Verdict::f32_fast) accuracy.verdict = record::Verdict::exact;
  if (!accuracy.reason.empty()) accuracy.reason = kBetweenSteps + accuracy.reason;
  return accuracy;
}

PreparedCell::PreparedCell(models::Workload workload, materials::WeightsSource source, RunContext& context)
    : workload_(std::move(workload)), source_(std::move(source)), context_(&context) {
  std::random_device random;
  seed_of_inputs_ = (uint64_t{random()} << 32U) | random();
  name_ = {workload_.model, workload_.size, workload_.name, "f32"};
}

Result<PreparedCell> PreparedCell::build(const models::Model& model, std::string_view workload,
                                         RunContext& context) {
  ASSAY_TRY(auto built, model.build(workload));
  return PreparedCell(std::move(built), {model.checkpoint, context.request.seed}, context);
}

Result<materials::Materials> PreparedCell::write(const graph::Graph& graph) {
  Events& events = context_->events;
  events.preparing("weights and graph files");
  const auto write_state = [&](const models::Evaluation& source, const std::filesystem::path& weights,
                               const std::filesystem::path& path) {
    events.preparing("the resident state, by the reference");
    return verify::write_state(source, weights, path,
                               context_->outside.evaluator(context_->request.assay, &context_->stop),
                               context_->request.threads);
  };
  const auto told = [&](std::string_view what) { events.noticed(what); };
  ASSAY_TRY(materials::Materials materials,
            materials::cached_materials(workload_, graph, source_, write_state, told));
  const auto wants_gguf = [](const setup::ContestantSpec& contestant) {
    return contestant.variant->model == setup::ModelForm::gguf;
  };
  if (std::ranges::any_of(context_->request.contestants, wants_gguf))
    ASSAY_TRY_VOID(materials::add_gguf(graph, materials, told));
  return materials;
}

Result<const materials::Materials*> PreparedCell::materials(bool gradient_graph) {
  auto& kept = gradient_graph ? gradient_ : step_;
  if (kept) return &*kept;
  auto graph =
      gradient_graph ? autodiff::gradient(workload_.step.graph) : Result<graph::Graph>(workload_.step.graph);
  ASSAY_TRY(const graph::Graph given, keep_fault(std::move(graph)));
  ASSAY_TRY(kept, keep_fault(write(given)));
  return &*kept;
}

Result<verify::TruthRequest> PreparedCell::truth_request() {
  ASSAY_TRY(const materials::Materials* files, materials(false));
  verify::TruthRequest request;
  request.weights = files->weights;
  request.weights_key = files->weights_key;
  request.state = files->state;
  request.threads = context_->request.threads;
  request.evaluate = context_->outside.evaluator(context_->request.assay, &context_->stop);
  request.progress = [this](std::string_view what) { context_->events.preparing(what); };
  request.told = [this](std::string_view what) { context_->events.noticed(what); };
  return request;
}

Result<const verify::Truth*> PreparedCell::find_truth(std::string_view compute_type) {
  ASSAY_TRY(const auto request, truth_request());
  if (!truth_) {
    ASSAY_TRY_VOID(check_memory(workload_));
    ASSAY_TRY(truth_, verify::find_truth(workload_, request));
  }
  ASSAY_TRY_VOID(verify::add_yardstick(*truth_, compute_type, workload_, request));
  return &*truth_;
}

Result<const verify::Truth*> PreparedCell::truth(std::string_view compute_type) {
  return keep_fault(find_truth(compute_type));
}

Result<PreparedCell*> PreparedCell::between_steps() {
  if (pieces_) return pieces_->get();
  ASSAY_TRY(const auto request, truth_request());
  ASSAY_TRY(auto workload, keep_fault(verify::between_steps(workload_, request)));
  pieces_.emplace();
  if (workload) pieces_->reset(new PreparedCell(*std::move(workload), source_, *context_));
  return pieces_->get();
}

measure::InputSource PreparedCell::inputs() const {
  return {.write = [this](const std::filesystem::path& path, std::span<const uint64_t> numbers) -> Result<> {
            return tensor::write_safetensors(path, input_sets(workload_, seed_of_inputs_, numbers),
                                             tensor::Flush::not_needed);
          },
          .set_bytes = models::set_bytes(workload_)};
}

Result<const verify::Truth*> PreparedCell::find_truth_of_set(uint64_t set, const verify::Truth& known) {
  if (fresh_truth_ && fresh_truth_->first == set) {
    fresh_truth_->second.reduced = known.reduced;
    return &fresh_truth_->second;
  }
  ASSAY_TRY(const auto request, truth_request());
  const auto inputs = input_sets(workload_, seed_of_inputs_, {{set}});
  const int64_t begun_ns = now_ns();
  ASSAY_TRY(auto made, verify::truth_of_set(known, set, models::set_of(inputs, 0), workload_, request));
  fresh_truth_s_ = static_cast<double>(now_ns() - begun_ns) * 1e-9;
  return &fresh_truth_.emplace(set, std::move(made)).second;
}

Result<const verify::Truth*> PreparedCell::truth_of_set(uint64_t set, std::string_view compute_type) {
  ASSAY_TRY(const verify::Truth* known, truth(compute_type));
  return keep_fault(find_truth_of_set(set, *known));
}

}  // namespace assay::session
