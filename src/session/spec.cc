#include "session/spec.h"

#include "base/file.h"
#include "host/host.h"
#include "record/device.h"
#include "record/request.h"
#include "setup/build.h"
#include "store/store.h"

namespace assay::session {
namespace fs = std::filesystem;
namespace {

runner::LoadRequest load_request(const setup::ContestantSpec& contestant, const record::Cell& cell,
                                 const materials::Materials& files, int threads) {
  const setup::Variant& variant = *contestant.variant;
  runner::LoadRequest load;
  load.graph = files.graph;
  load.weights = files.weights;
  if (files.state) load.state = files.state->string();
  if (variant.model == setup::ModelForm::onnx) load.onnx = files.onnx.string();
  if (variant.model == setup::ModelForm::gguf && files.gguf) load.gguf = files.gguf->string();
  if (const auto& original = files.original; original && variant.model == setup::ModelForm::original) {
    load.original = original->file.string();
    if (original->fixed) load.fixed = original->fixed->string();
  }
  if (const auto& parts = files.parts) {
    const bool onnx = variant.model == setup::ModelForm::onnx;
    load.generation = {.prefill = parts->prefill,
                       .decode = parts->decode,
                       .prefill_onnx = onnx ? std::optional(parts->prefill_onnx.string()) : std::nullopt,
                       .decode_onnx = onnx ? std::optional(parts->decode_onnx.string()) : std::nullopt,
                       .decodes = parts->decodes};
  }
  load.gradients =
      record::kind_of(cell.workload) == "training" && variant.training == setup::Training::autodiff;
  load.variant = variant.name;
  load.device = record::without_threads(contestant.device);
  load.precision = cell.precision;
  load.threads = threads;
  return load;
}

// What Assay computes and keeps is not for contestants; what set-up scripts put into the cache is.
std::vector<fs::path> hidden_places() {
  std::vector<fs::path> hidden;
  for (const char* name : {"truth", "weights", "models", "gguf", "runs", "limits", "compiled"})
    hidden.push_back(cache_dir() / name);
  for (const char* ending : {"", "-wal", "-shm", "-journal"})
    hidden.emplace_back(store::default_path().string() + ending);
  return hidden;
}

// Those that it is held to: its own share where it has threads of its own.
std::vector<int> cpus_of(const setup::ContestantSpec& contestant, const Request& request) {
  const auto own = record::threads_of(contestant.device);
  return own ? host::share_for(*own).cpus : request.cpus;
}

runner::Access access(const materials::Materials& files, const fs::path& folder) {
  runner::Access access{.hidden = hidden_places(), .readable = {files.directory}, .writable = {folder}};
  if (files.gguf) access.readable.push_back(*files.gguf);
  return access;
}

}  // namespace

std::optional<int64_t> memory_limit_bytes(const Request& request) {
  constexpr double kShare = 0.9;
  if (request.memory_limit_bytes) return request.memory_limit_bytes;
  if (!request.host.memory_bytes) return std::nullopt;
  return static_cast<int64_t>(kShare * static_cast<double>(*request.host.memory_bytes));
}

int threads_of(const setup::ContestantSpec& contestant, const Request& request) {
  return record::threads_of(contestant.device).value_or(request.threads);
}

bool wants_gradient_graph(const setup::Variant& variant, const record::Cell& cell) {
  return record::kind_of(cell.workload) == "training" && variant.training == setup::Training::gradient_graph;
}

bool takes_graph(const setup::Variant& variant) {
  return variant.model != setup::ModelForm::gguf && variant.model != setup::ModelForm::original;
}

Result<measure::RunnerSpec> runner_spec(const setup::ContestantSpec& contestant, const record::Cell& cell,
                                        const materials::Materials& files, const Request& request,
                                        const std::filesystem::path& folder) {
  measure::RunnerSpec spec;
  ASSAY_TRY(spec.command.argv, setup::expand(*contestant.framework, *contestant.variant));
  for (const std::string& name : request.environment.unset) spec.command.environment[name] = "";
  for (const auto& [name, value] : request.environment.kept) spec.command.environment[name] = value;
  spec.command.environment["PYTHONPATH"] = (request.sdk / "python").string();
  spec.command.directory = folder;
  spec.command.cpus = cpus_of(contestant, request);
  spec.command.stderr_path = folder / "stderr.txt";
  spec.command.memory_limit_bytes = memory_limit_bytes(request);
  spec.command.access = access(files, folder);
  if (const setup::Build* build = contestant.framework->build(contestant.variant->build)) {
    ASSAY_TRY(const auto directory, setup::build_dir(*contestant.framework, *build));
    spec.framework_files = {directory};
  }
  if (const auto& limit = request.deadline_s)
    spec.deadlines = {*limit, *limit, *limit, *limit, *limit, *limit, spec.deadlines.close_s};
  spec.load = load_request(contestant, cell, files, threads_of(contestant, request));
  return spec;
}

}  // namespace assay::session
