#include <system_error>
#include <utility>

#include "base/clock.h"
#include "measure/measure.h"

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

// One step with `set`, and its output tensors to a file.
Attempt<> answer(Process& process, int set, const fs::path& path) {
  const auto written = process.outputs(path);
  if (!written) return std::unexpected(written.error());
  if (*written == set) return {};
  return std::unexpected(record::Failure{
      .message = fmt::format("the runner gave the outputs of input set {} where set {} was the last step",
                             *written, set)});
}

Attempt<> run_cold(Process& process, const Participant& participant, ColdLaunch& cold) {
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
  cold.launch = {.cold_s = seconds(process.started_ns(), done_ns),
                 .import_s = seconds(process.started_ns(), described_ns),
                 .load_s = seconds(described_ns, loaded_ns),
                 .prepare_s = seconds(loaded_ns, done_ns),
                 .peak_bytes = process.peak_bytes()};
  if (auto ok = answer(process, 0, cold.answers[0]); !ok) return ok;
  if (const auto second = process.steps({1}); !second) return std::unexpected(second.error());
  return answer(process, 1, cold.answers[1]);
}

}  // namespace

Attempt<ColdLaunch> cold_launch(const Participant& participant, const fs::path& folder) {
  if (auto ok = empty_folder(folder); !ok) return std::unexpected(std::move(ok).error());
  auto process = participant.launch({.home = folder / "home", .cold = true});
  if (!process) return std::unexpected(std::move(process).error());
  ColdLaunch cold;
  cold.answers = {folder / "answer-0.safetensors", folder / "answer-1.safetensors"};
  cold.dropped_share = (*process)->dropped_share();
  auto ran = run_cold(**process, participant, cold);
  (*process)->close();
  if (!ran) return std::unexpected(std::move(ran).error());
  return cold;
}

}  // namespace assay::measure
