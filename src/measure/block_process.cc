#include "measure/block_process.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/clock.h"
#include "host/host.h"
#include "host/surroundings.h"
#include "measure/schedule.h"
#include "measure/warm_up.h"
#include "record/disturbance.h"
#include "record/step_times.h"
#include "stats/compare.h"
#include "stats/quantile.h"

namespace assay::measure {
namespace {

constexpr int kTriesOfAVisit = 3;
constexpr size_t kNewestSteps = 9;

record::Failure clock_failure(const record::Visit& visit) {
  const double claimed_ms = std::accumulate(visit.samples_ns.begin(), visit.samples_ns.end(), 0.0) * 1e-6;
  return {.message =
              fmt::format("clock: {} steps claim {:.3f} ms in all, {:.3f} ms passed", visit.samples_ns.size(),
                          claimed_ms, static_cast<double>(visit.batch_ns) * 1e-6)};
}

record::Failure short_of_target(const std::vector<int64_t>& samples_ns, double step_ns) {
  return {
      .outcome = record::Outcome::unsteady,
      .message = fmt::format("after {} steps of warm-up the times of its steps still change (now {:.3f} ms)",
                             samples_ns.size(), step_ns * 1e-6)};
}

std::optional<int64_t> used(std::optional<int64_t> before, std::optional<int64_t> after) {
  if (!before || !after) return std::nullopt;
  // A process of the tree that has ended takes its time with it.
  return std::max<int64_t>(0, *after - *before);
}

// A CPU that slept wakes up late, on either side of a request, and later still in a virtual machine. It makes
// nobody a liar: what is compared has no such allowance.
constexpr int64_t kLateWakingNs = 500'000;

// Of the core's figure, what is not the requests' way.
int64_t seen_ns(const record::Visit& visit) {
  int64_t ways = 0;
  for (const auto& request : visit.requests)
    ways += static_cast<int64_t>(record::way_ns(request)) + kLateWakingNs;
  const int64_t claimed = std::accumulate(visit.samples_ns.begin(), visit.samples_ns.end(), int64_t{0});
  return std::max(std::min(claimed, visit.batch_ns), visit.batch_ns - ways);
}

}  // namespace

BlockProcess::BlockProcess(std::unique_ptr<LaunchedRunner> runner, const LaunchedContestant& contestant,
                           uint64_t first_set, stats::Random random)
    : runner_(std::move(runner)),
      home_(contestant.home),
      feed_(contestant.launchable->inputs, contestant.home, first_set),
      random_(random) {}

Attempt<BlockProcess> BlockProcess::start(const LaunchedContestant& contestant, const BlockPlan& plan,
                                          uint64_t first_set, stats::Random random) {
  auto runner = contestant.launchable->launch({.home = contestant.home, .cold = false});
  if (!runner) return std::unexpected(std::move(runner).error());
  BlockProcess process(std::move(*runner), contestant, first_set, random);
  if (plan.snapshot) process.snapshot_ = plan.snapshot;
  if (auto loaded = process.load(); !loaded) return std::unexpected(std::move(loaded).error());
  if (auto first = process.first_step(); !first) return std::unexpected(std::move(first).error());
  if (auto warm = process.warm_up(plan); !warm) return std::unexpected(std::move(warm).error());
  if (auto paused = process.runner_->pause(); !paused) return std::unexpected(std::move(paused).error());
  return process;
}

Attempt<> BlockProcess::load() {
  const int64_t started_ns = runner_->started_ns();
  if (auto described = runner_->describe(); !described) return std::unexpected(std::move(described).error());
  const int64_t described_ns = now_ns();
  if (auto loaded = runner_->load(); !loaded) return std::unexpected(std::move(loaded).error());
  warm_start_.import_s = static_cast<double>(described_ns - started_ns) * 1e-9;
  warm_start_.load_s = static_cast<double>(now_ns() - described_ns) * 1e-9;
  return {};
}

Attempt<> BlockProcess::first_step() {
  if (auto done = warm_up_by(1); !done) return done;
  warm_start_.prepare_s = static_cast<double>(warm_up_ns_.front()) * 1e-9;
  warm_start_.total_s = warm_start_.import_s + warm_start_.load_s + warm_start_.prepare_s;
  const auto path = home_ / "outputs.safetensors";
  const auto written = runner_->outputs(path);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!written) return std::unexpected(written.error());
  return {};
}

Attempt<> BlockProcess::warm_up_by(int steps) {
  const auto fed = feed_.give(*runner_, steps);
  if (!fed) return std::unexpected(fed.error());
  auto done = runner_->steps(steps);
  if (!done) return std::unexpected(std::move(done).error());
  // Believed as far as the steps of a visit are: a clock that lies must not make the warm-up endless.
  const record::Visit request{.samples_ns = std::move(done->samples_ns),
                              .requests = {{steps, done->batch_ns}},
                              .sets = steps,
                              .ahead_ns = fed->ahead_ns};
  for (const double step_ns : record::step_times_ns(request))
    warm_up_ns_.push_back(static_cast<int64_t>(step_ns));
  return {};
}

Attempt<> BlockProcess::warm_up(const BlockPlan& plan) {
  const int64_t begun_ns = now_ns();
  while (!steady(warm_up_ns_)) {
    const double passed_s = static_cast<double>(now_ns() - begun_ns) * 1e-9;
    if (passed_s > kMostWarmUpSeconds ||
        (passed_s > plan.warm_up_limit_s && warm_up_ns_.size() >= kLeastWarmUpSteps))
      return std::unexpected(short_of_target(warm_up_ns_, step_ns()));
    if (auto done = warm_up_by(next_warm_up_steps(warm_up_ns_, plan.most_steps)); !done) return done;
  }
  return {};
}

double BlockProcess::step_ns() const {
  const auto newest = std::min(warm_up_ns_.size(), kNewestSteps);
  if (newest == 0) return 0;
  return stats::median(
      std::vector<double>(warm_up_ns_.end() - static_cast<std::ptrdiff_t>(newest), warm_up_ns_.end()));
}

Attempt<BlockProcess::Visited> BlockProcess::visit(int steps, const std::optional<Question>& question) {
  Visited visited;
  for (int i = 0; i < kTriesOfAVisit; ++i) {
    // A question is asked once: its input set may not come twice.
    auto done = try_visit(steps, i == 0 ? question : std::nullopt);
    if (!done) return done;
    const auto asked_ns = visited.visit.asked_ns;
    visited.visit = std::move(done->visit);
    if (!visited.visit.asked_ns) visited.visit.asked_ns = asked_ns;
    if (done->answer) visited.answer = std::move(done->answer);
    if (clocks_agree(visited.visit.samples_ns, seen_ns(visited.visit),
                     record::excused_share(visited.visit.surroundings, host::online_cpus())))
      return visited;
  }
  return std::unexpected(clock_failure(visited.visit));
}

Attempt<BlockProcess::Visited> BlockProcess::try_visit(int steps, const std::optional<Question>& question) {
  if (auto awake = runner_->resume(); !awake) return std::unexpected(std::move(awake).error());
  const int last = question ? static_cast<int>(random_.below(static_cast<uint64_t>(steps))) : steps - 1;
  auto lengths = request_lengths(last + 1, step_ns(), random_);
  std::optional<Feed::Judged> judged;
  if (question) {
    judged = {1 + last, question->set};
    std::ranges::rotate(lengths, std::ranges::find(lengths, 1) + 1);  // it is asked of a step that came alone
  }
  const auto fed = feed_.give(*runner_, 1 + steps, judged);
  if (!fed) return std::unexpected(fed.error());
  Visited visited;
  visited.visit.sets = 1 + steps;
  visited.visit.inputs_ns = fed->handed_ns;
  visited.visit.ahead_ns = fed->ahead_ns;
  const Moment since = moment_of(*runner_, snapshot_);
  if (auto done = timed_steps(lengths, visited.visit); !done) return std::unexpected(std::move(done).error());
  if (question) {
    const int64_t begun_ns = now_ns();
    auto answer = fetch_answer(*runner_, question->set, home_, question->path,
                               static_cast<double>(visited.visit.requests.back().ns), since, snapshot_);
    if (!answer) return std::unexpected(std::move(answer).error());
    visited.answer = std::move(*answer);
    visited.visit.asked_ns = now_ns() - begun_ns;
  }
  if (auto paused = runner_->pause(); !paused) return std::unexpected(std::move(paused).error());
  return visited;
}

Attempt<> BlockProcess::timed_steps(const std::vector<int>& lengths, record::Visit& visit) {
  const auto used_before = runner_->processors();
  const auto before = snapshot_();
  // To wake; nothing comes between it and the timed ones.
  if (auto woken = runner_->steps(1); !woken) return std::unexpected(std::move(woken).error());
  visit.started_ns = now_ns();
  for (const int length : lengths) {
    auto done = runner_->steps(length);
    if (!done) return std::unexpected(std::move(done).error());
    visit.requests.push_back({length, done->batch_ns});
    visit.batch_ns += done->batch_ns;
    visit.samples_ns.insert(visit.samples_ns.end(), done->samples_ns.begin(), done->samples_ns.end());
    if (done->parts_ns.empty()) continue;
    auto& all = visit.parts_ns ? *visit.parts_ns : visit.parts_ns.emplace();
    all.insert(all.end(), done->parts_ns.begin(), done->parts_ns.end());
  }
  const auto after = snapshot_();
  const auto used_after = runner_->processors();
  visit.cpu_ns = used(used_before.cpu_ns, used_after.cpu_ns);
  if (visit.cpu_ns) visit.cpu_window_ns = used_after.taken_ns - used_before.taken_ns;
  visit.surroundings = host::between(before, after, visit.cpu_ns);
  visit.surroundings.threads = used_after.threads;
  visit.surroundings.cpus = used_after.cpus;
  return {};
}

}  // namespace assay::measure
