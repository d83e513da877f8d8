#include <algorithm>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "measure/feed.h"
#include "measure/fetched_answer.h"
#include "measure/measure.h"
#include "record/device.h"

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

// Outputs are asked for so often where every question makes it look as if work was put off: a disturbance
// would not come every time. Of short steps a tick of the kernel's time hides much, and it takes more to see
// it: as many as there is time for.
constexpr size_t kEnoughQuestions = 6, kMostQuestions = 16;
constexpr int64_t kQuestionsNs = 2'000'000'000;

class Cold {
 public:
  Cold(LaunchedRunner& runner, const LaunchableContestant& launchable, const fs::path& folder,
       TakeSnapshot snapshot)
      : runner_(runner),
        launchable_(launchable),
        folder_(folder),
        feed_(launchable.inputs, folder / "home", kFirstFresh),
        snapshot_(std::move(snapshot)),
        since_(moment_of(runner, snapshot_)) {}

  Attempt<ColdLaunch> run() {
    if (auto ok = load(); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = first(); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = second(); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = more_questions(); !ok) return std::unexpected(std::move(ok).error());
    return std::move(cold_);
  }

 private:
  Attempt<> load() {
    auto description = runner_.describe();
    if (!description) return std::unexpected(std::move(description).error());
    described_ns_ = now_ns();
    cold_.description = std::move(*description);
    if (auto ok = has_device(cold_.description,
                             std::string(record::without_threads(launchable_.contestant.device)));
        !ok)
      return ok;
    auto loaded = runner_.load();
    if (!loaded) return std::unexpected(std::move(loaded).error());
    loaded_ns_ = now_ns();
    cold_.loaded = std::move(*loaded);
    return {};
  }

  // The first step and its outputs end the launch: work that is put off until they are asked for belongs to
  // it. Writing them does not, so the second time they were written is taken off.
  Attempt<> first() {
    double step_ns = 0;
    if (auto done = step(0, step_ns); !done) return done;
    auto answer =
        fetch_answer(runner_, 0, home(), folder_ / "answer-0.safetensors", step_ns, since_, snapshot_);
    if (!answer) return std::unexpected(std::move(answer).error());
    const int64_t late_ns = std::max<int64_t>(0, answer->cost.parts_ns - answer->cost.second_ns);
    const int64_t done_ns = stepped_ns_ + late_ns;
    const auto peak = runner_.peak();
    cold_.launch = {.cold_s = seconds(runner_.started_ns(), done_ns),
                    .import_s = seconds(runner_.started_ns(), described_ns_),
                    .load_s = seconds(described_ns_, loaded_ns_),
                    .prepare_s = seconds(loaded_ns_, done_ns),
                    .peak_bytes = peak.pss_bytes,
                    .footprint_bytes = {},
                    .anonymous_bytes = peak.anonymous_bytes,
                    .file_bytes = peak.file_bytes,
                    .dropped_share = runner_.dropped_share(),
                    .compute_type = cold_.loaded.precision,
                    .footprint = {}};
    cold_.launch.footprint.programs.assign(peak.programs.begin(), peak.programs.end());
    cold_.code = runner_.code();
    cold_.answers[0] = std::move(*answer);
    return {};
  }

  // Which nothing compiles any more.
  Attempt<> second() {
    double step_ns = 0;
    if (auto done = step(1, step_ns); !done) return done;
    cold_.step_s = step_ns * 1e-9;
    auto answer =
        fetch_answer(runner_, 1, home(), folder_ / "answer-1.safetensors", step_ns, since_, snapshot_);
    if (!answer) return std::unexpected(std::move(answer).error());
    cold_.costs = {answer->cost};
    cold_.answers[1] = std::move(*answer);
    return {};
  }

  Attempt<> more_questions() {
    int64_t asked_ns = 0;
    while (cold_.costs.size() < kMostQuestions && std::ranges::all_of(cold_.costs, record::put_off)) {
      asked_ns += cold_.costs.back().parts_ns + cold_.costs.back().second_ns;
      if (cold_.costs.size() >= kEnoughQuestions && asked_ns > kQuestionsNs) break;
      if (auto fed = feed_.give(runner_, 1); !fed) return std::unexpected(std::move(fed).error());
      const auto done = runner_.steps(1);
      if (!done) return std::unexpected(done.error());
      const auto path = folder_ / "answer-more.safetensors";
      const auto answer =
          fetch_answer(runner_, 0, home(), path, static_cast<double>(done->batch_ns), since_, snapshot_);
      std::error_code ignored;
      fs::remove(path, ignored);
      if (!answer) return std::unexpected(answer.error());
      cold_.costs.push_back(answer->cost);
    }
    return {};
  }

  Attempt<> step(uint64_t set, double& step_ns) {
    if (auto fed = feed_.give_one(runner_, set); !fed) return std::unexpected(std::move(fed).error());
    const auto done = runner_.steps(1);
    stepped_ns_ = now_ns();
    if (!done) return std::unexpected(done.error());
    step_ns = static_cast<double>(done->batch_ns);
    return {};
  }

  [[nodiscard]] fs::path home() const { return folder_ / "home"; }

  LaunchedRunner& runner_;
  const LaunchableContestant& launchable_;
  const fs::path& folder_;
  Feed feed_;
  TakeSnapshot snapshot_;
  Moment since_;
  int64_t described_ns_ = 0, loaded_ns_ = 0, stepped_ns_ = 0;
  ColdLaunch cold_;
};

}  // namespace

Attempt<ColdLaunch> cold_launch(const LaunchableContestant& launchable, const fs::path& folder,
                                TakeSnapshot snapshot) {
  if (auto ok = empty_folder(folder); !ok) return std::unexpected(std::move(ok).error());
  auto runner = launchable.launch({.home = folder / "home", .cold = true});
  if (!runner) return std::unexpected(std::move(runner).error());
  auto cold = Cold(**runner, launchable, folder, std::move(snapshot)).run();
  (*runner)->close();
  return cold;
}

}  // namespace assay::measure
