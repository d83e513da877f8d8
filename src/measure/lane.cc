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

}  // namespace

Lane::Lane(std::unique_ptr<Process> process, stats::Random random)
    : process_(std::move(process)), random_(random), last_set_(static_cast<int>(random_.below(2))) {}

Attempt<Lane> Lane::start(const Racer& racer, const Plan& plan, stats::Random random) {
  auto process = racer.participant->launch({.home = racer.home, .cold = false});
  if (!process) return std::unexpected(std::move(process).error());
  Lane lane(std::move(*process), random);
  if (plan.snapshot) lane.snapshot_ = plan.snapshot;
  if (auto loaded = lane.load(); !loaded) return std::unexpected(std::move(loaded).error());
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

Attempt<> Lane::warm_up(const Plan& plan) {
  const int64_t begun_ns = now_ns();
  while (!steady(warm_up_ns_)) {
    const double passed_s = static_cast<double>(now_ns() - begun_ns) * 1e-9;
    if (passed_s > kMostWarmUpSeconds ||
        (passed_s > plan.warm_up_limit_s && warm_up_ns_.size() >= kLeastWarmUpSteps))
      return std::unexpected(unsettled(warm_up_ns_, step_ns()));
    const int steps = next_warm_up_steps(warm_up_ns_, plan.most_steps);
    auto done = process_->steps(input_sets(steps, static_cast<int>(random_.below(2)), random_));
    if (!done) return std::unexpected(std::move(done).error());
    if (warm_up_ns_.empty()) {  // the first request is one step
      warm_start_.prepare_s = static_cast<double>(done->batch_ns) * 1e-9;
      warm_start_.total_s = warm_start_.import_s + warm_start_.load_s + warm_start_.prepare_s;
    }
    warm_up_ns_.insert(warm_up_ns_.end(), done->samples_ns.begin(), done->samples_ns.end());
  }
  return {};
}

double Lane::step_ns() const {
  const auto newest = std::min(warm_up_ns_.size(), kNewestSteps);
  if (newest == 0) return 0;
  return stats::median(
      std::vector<double>(warm_up_ns_.end() - static_cast<std::ptrdiff_t>(newest), warm_up_ns_.end()));
}

Attempt<record::Visit> Lane::visit(int steps) {
  last_set_ = 1 - last_set_;
  record::Visit visit;
  for (int i = 0; i < kTriesOfAVisit; ++i) {
    auto done = try_visit(steps, last_set_);
    if (!done) return done;
    visit = std::move(*done);
    if (!clocks_agree(visit.samples_ns, visit.batch_ns,
                      record::excused_share(visit.surroundings, host::online_cpus())))
      continue;
    visited_step_ns_ = static_cast<double>(visit.batch_ns) / steps;
    visited_step_cpu_ns_.reset();
    if (visit.cpu_ns) visited_step_cpu_ns_ = static_cast<double>(*visit.cpu_ns) / steps;
    return visit;
  }
  return std::unexpected(clock_failure(visit));
}

Attempt<record::Visit> Lane::try_visit(int steps, int last_set) {
  if (auto awake = process_->resume(); !awake) return std::unexpected(std::move(awake).error());
  if (auto woken = process_->steps({static_cast<int>(random_.below(2))}); !woken)
    return std::unexpected(std::move(woken).error());
  auto visit = timed_steps(input_sets(steps, last_set, random_));
  if (!visit) return visit;
  if (auto paused = process_->pause(); !paused) return std::unexpected(std::move(paused).error());
  return visit;
}

Attempt<record::Visit> Lane::timed_steps(const std::vector<int>& sets) {
  record::Visit visit;
  const auto used_before = process_->processors();
  const auto before = snapshot_();
  visit.started_ns = now_ns();
  auto done = process_->steps(sets);
  if (!done) return std::unexpected(std::move(done).error());
  const auto after = snapshot_();
  const auto used_after = process_->processors();
  visit.cpu_ns = used(used_before.cpu_ns, used_after.cpu_ns);
  if (visit.cpu_ns) visit.cpu_window_ns = used_after.taken_ns - used_before.taken_ns;
  visit.surroundings = host::between(before, after, visit.cpu_ns);
  visit.surroundings.threads = used_after.threads;
  visit.surroundings.cpus = used_after.cpus;
  visit.batch_ns = done->batch_ns;
  visit.samples_ns = std::move(done->samples_ns);
  visit.input_sets.assign(sets.begin(), sets.end());
  return visit;
}

Attempt<Answer> Lane::outputs(const std::filesystem::path& path) {
  if (auto awake = process_->resume(); !awake) return std::unexpected(std::move(awake).error());
  auto answer = fetch_answer(*process_, last_set_, path);
  if (auto paused = process_->pause(); answer && !paused) return std::unexpected(std::move(paused).error());
  if (answer) {
    answer->step_ns = visited_step_ns_;
    answer->step_cpu_ns = visited_step_cpu_ns_;
  }
  return answer;
}

Attempt<Answer> fetch_answer(Process& process, int set, const std::filesystem::path& path) {
  Answer answer{.path = path};
  const auto before = process.processors().user_ns;
  const int64_t begun_ns = now_ns();
  const auto written = process.outputs(path);
  answer.outputs_ns = now_ns() - begun_ns;
  if (!written) return std::unexpected(written.error());
  answer.outputs_user_ns = used(before, process.processors().user_ns);
  answer.set = *written;
  if (*written == set) return answer;
  return std::unexpected(record::Failure{
      .message = fmt::format("the runner gave the outputs of input set {} where set {} was the last step",
                             *written, set)});
}

}  // namespace assay::measure
