#include <system_error>
#include <utility>

#include "base/clock.h"
#include "measure/lane.h"

namespace assay::measure {
namespace fs = std::filesystem;
namespace {

double seconds(int64_t from_ns, int64_t to_ns) { return static_cast<double>(to_ns - from_ns) * 1e-9; }

Attempt<> empty_folder(const fs::path& folder) {
  std::error_code ec;
  fs::remove_all(folder, ec);
  if (!ec) fs::create_directories(folder / "home", ec);
  if (!ec) return {};
  return std::unexpected(
      record::Failure{.message = fmt::format("{}: cannot be emptied: {}", folder.string(), ec.message())});
}

// A device that the runner does not list is unsupported, before anything is loaded.
Attempt<> has_device(const runner::Description& description, const std::string& wanted) {
  std::string known;
  for (const auto& device : description.devices) {
    if (device.name == wanted) return {};
    known += (known.empty() ? "" : ", ") + device.name;
  }
  if (description.devices.empty()) return {};
  return std::unexpected(
      record::Failure{.outcome = record::Outcome::unsupported,
                      .reason = record::Reason::device,
                      .message = fmt::format("no device {} here; the runner has {}", wanted, known)});
}

// The second step, which nothing compiles any more, and its answer.
Attempt<> run_second(Process& process, ColdLaunch& cold, const fs::path& path) {
  const auto cpu_before = process.processors().cpu_ns;
  const auto second = process.steps({1});
  if (!second) return std::unexpected(second.error());
  const auto cpu_after = process.processors().cpu_ns;
  cold.step_s = static_cast<double>(second->batch_ns) * 1e-9;
  auto answer = fetch_answer(process, 1, path);
  if (!answer) return std::unexpected(std::move(answer).error());
  answer->step_ns = static_cast<double>(second->batch_ns);
  if (cpu_before && cpu_after) answer->step_cpu_ns = static_cast<double>(*cpu_after - *cpu_before);
  cold.answers[1] = std::move(*answer);
  return {};
}

Attempt<> run_cold(Process& process, const Participant& participant, const fs::path& folder,
                   ColdLaunch& cold) {
  auto description = process.describe();
  if (!description) return std::unexpected(std::move(description).error());
  const int64_t described_ns = now_ns();
  cold.description = std::move(*description);
  if (auto ok = has_device(cold.description, participant.contestant.device); !ok) return ok;
  auto loaded = process.load();
  if (!loaded) return std::unexpected(std::move(loaded).error());
  const int64_t loaded_ns = now_ns();
  cold.loaded = std::move(*loaded);
  const auto first = process.steps({0});
  if (!first) return std::unexpected(first.error());
  const int64_t done_ns = now_ns();
  const auto peak = process.peak();
  cold.launch = {.cold_s = seconds(process.started_ns(), done_ns),
                 .import_s = seconds(process.started_ns(), described_ns),
                 .load_s = seconds(described_ns, loaded_ns),
                 .prepare_s = seconds(loaded_ns, done_ns),
                 .peak_bytes = peak.pss_bytes,
                 .footprint_bytes = {},
                 .anonymous_bytes = peak.anonymous_bytes,
                 .file_bytes = peak.file_bytes,
                 .dropped_share = process.dropped_share(),
                 .compute_type = cold.loaded.precision,
                 .footprint = {}};
  cold.launch.footprint.programs.assign(peak.programs.begin(), peak.programs.end());
  cold.code = process.code();
  auto answer = fetch_answer(process, 0, folder / "answer-0.safetensors");
  if (!answer) return std::unexpected(std::move(answer).error());
  answer->step_ns = static_cast<double>(first->batch_ns);
  cold.answers[0] = std::move(*answer);
  return run_second(process, cold, folder / "answer-1.safetensors");
}

}  // namespace

Attempt<ColdLaunch> cold_launch(const Participant& participant, const fs::path& folder) {
  if (auto ok = empty_folder(folder); !ok) return std::unexpected(std::move(ok).error());
  auto process = participant.launch({.home = folder / "home", .cold = true});
  if (!process) return std::unexpected(std::move(process).error());
  ColdLaunch cold;
  auto ran = run_cold(**process, participant, folder, cold);
  (*process)->close();
  if (!ran) return std::unexpected(std::move(ran).error());
  return cold;
}

}  // namespace assay::measure
