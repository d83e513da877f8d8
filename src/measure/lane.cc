#include "measure/lane.h"

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

record::Failure unsettled(const std::vector<int64_t>& samples_ns, double step_ns) {
  return {
      .outcome = record::Outcome::unsettled,
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

Lane::Lane(std::unique_ptr<Process> process, const Racer& racer, uint64_t first_set, stats::Random random)
    : process_(std::move(process)),
      home_(racer.home),
      feed_(racer.participant->inputs, racer.home, first_set),
      random_(random) {}

Attempt<Lane> Lane::start(const Racer& racer, const Plan& plan, uint64_t first_set, stats::Random random) {
  auto process = racer.participant->launch({.home = racer.home, .cold = false});
  if (!process) return std::unexpected(std::move(process).error());
  Lane lane(std::move(*process), racer, first_set, random);
  if (plan.snapshot) lane.snapshot_ = plan.snapshot;
  if (auto loaded = lane.load(); !loaded) return std::unexpected(std::move(loaded).error());
  if (auto first = lane.first_step(); !first) return std::unexpected(std::move(first).error());
  if (auto warm = lane.warm_up(plan); !warm) return std::unexpected(std::move(warm).error());
  if (auto paused = lane.process_->pause(); !paused) return std::unexpected(std::move(paused).error());
  return lane;
}

Attempt<> Lane::load() {
  const int64_t started_ns = process_->started_ns();
  if (auto described = process_->describe(); !described) return std::unexpected(std::move(described).error());
  const int64_t described_ns = now_ns();
  if (auto loaded = process_->load(); !loaded) return std::unexpected(std::move(loaded).error());
  warm_start_.import_s = static_cast<double>(described_ns - started_ns) * 1e-9;
  warm_start_.load_s = static_cast<double>(now_ns() - described_ns) * 1e-9;
  return {};
}

Attempt<> Lane::first_step() {
  if (auto done = warm_up_by(1); !done) return done;
  warm_start_.prepare_s = static_cast<double>(warm_up_ns_.front()) * 1e-9;
  warm_start_.total_s = warm_start_.import_s + warm_start_.load_s + warm_start_.prepare_s;
  const auto path = home_ / "outputs.safetensors";
  const auto written = process_->outputs(path);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!written) return std::unexpected(written.error());
  return {};
}

Attempt<> Lane::warm_up_by(int steps) {
  const auto fed = feed_.give(*process_, steps);
  if (!fed) return std::unexpected(fed.error());
  auto done = process_->steps(steps);
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

Attempt<> Lane::warm_up(const Plan& plan) {
  const int64_t begun_ns = now_ns();
  while (!steady(warm_up_ns_)) {
    const double passed_s = static_cast<double>(now_ns() - begun_ns) * 1e-9;
    if (passed_s > kMostWarmUpSeconds ||
        (passed_s > plan.warm_up_limit_s && warm_up_ns_.size() >= kLeastWarmUpSteps))
      return std::unexpected(unsettled(warm_up_ns_, step_ns()));
    if (auto done = warm_up_by(next_warm_up_steps(warm_up_ns_, plan.most_steps)); !done) return done;
  }
  return {};
}

double Lane::step_ns() const {
  const auto newest = std::min(warm_up_ns_.size(), kNewestSteps);
  if (newest == 0) return 0;
  return stats::median(
      std::vector<double>(warm_up_ns_.end() - static_cast<std::ptrdiff_t>(newest), warm_up_ns_.end()));
}

Attempt<Lane::Visited> Lane::visit(int steps, const std::optional<Question>& question) {
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

Attempt<Lane::Visited> Lane::try_visit(int steps, const std::optional<Question>& question) {
  if (auto awake = process_->resume(); !awake) return std::unexpected(std::move(awake).error());
  const int last = question ? static_cast<int>(random_.below(static_cast<uint64_t>(steps))) : steps - 1;
  auto lengths = request_lengths(last + 1, step_ns(), random_);
  std::optional<Feed::Judged> judged;
  if (question) {
    judged = {1 + last, question->set};
    std::ranges::rotate(lengths, std::ranges::find(lengths, 1) + 1);  // it is asked of a step that came alone
  }
  const auto fed = feed_.give(*process_, 1 + steps, judged);
  if (!fed) return std::unexpected(fed.error());
  Visited visited;
  visited.visit.sets = 1 + steps;
  visited.visit.inputs_ns = fed->handed_ns;
  visited.visit.ahead_ns = fed->ahead_ns;
  const Moment since = moment_of(*process_, snapshot_);
  if (auto done = timed_steps(lengths, visited.visit); !done) return std::unexpected(std::move(done).error());
  if (question) {
    const int64_t begun_ns = now_ns();
    auto answer = fetch_answer(*process_, question->set, home_, question->path,
                               static_cast<double>(visited.visit.requests.back().ns), since, snapshot_);
    if (!answer) return std::unexpected(std::move(answer).error());
    visited.answer = std::move(*answer);
    visited.visit.asked_ns = now_ns() - begun_ns;
  }
  if (auto paused = process_->pause(); !paused) return std::unexpected(std::move(paused).error());
  return visited;
}

Attempt<> Lane::timed_steps(const std::vector<int>& lengths, record::Visit& visit) {
  const auto used_before = process_->processors();
  const auto before = snapshot_();
  // To wake; nothing comes between it and the timed ones.
  if (auto woken = process_->steps(1); !woken) return std::unexpected(std::move(woken).error());
  visit.started_ns = now_ns();
  for (const int length : lengths) {
    auto done = process_->steps(length);
    if (!done) return std::unexpected(std::move(done).error());
    visit.requests.push_back({length, done->batch_ns});
    visit.batch_ns += done->batch_ns;
    visit.samples_ns.insert(visit.samples_ns.end(), done->samples_ns.begin(), done->samples_ns.end());
  }
  const auto after = snapshot_();
  const auto used_after = process_->processors();
  visit.cpu_ns = used(used_before.cpu_ns, used_after.cpu_ns);
  if (visit.cpu_ns) visit.cpu_window_ns = used_after.taken_ns - used_before.taken_ns;
  visit.surroundings = host::between(before, after, visit.cpu_ns);
  visit.surroundings.threads = used_after.threads;
  visit.surroundings.cpus = used_after.cpus;
  return {};
}

}  // namespace assay::measure
