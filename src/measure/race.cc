#include "measure/race.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "host/host.h"
#include "measure/schedule.h"

namespace assay::measure {
namespace {

constexpr double kShareOfMemory = 0.7;

int64_t memory_limit(const Plan& plan) {
  if (plan.memory_limit_bytes) return *plan.memory_limit_bytes;
  const auto bytes = static_cast<double>(host::facts().memory_bytes);
  return bytes > 0 ? static_cast<int64_t>(kShareOfMemory * bytes) : INT64_MAX;
}

// Waits until the file is on the disk, so that writing it back does not disturb the next visit.
void settle(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

Race::Race(std::span<const Racer> racers, const Plan& plan, Observer& observer)
    : racers_(racers),
      plan_(plan),
      observer_(observer),
      order_(plan.seed, "order"),
      started_ns_(now_ns()),
      out_(racers.size(), false),
      steps_(racers.size()) {
  if (plan.budget_s) end_ns_ = started_ns_ + static_cast<int64_t>(*plan.budget_s * 1e9);
}

// Groups that do not fit into memory together take turns block by block. Each block may use its share of the
// budget, so that a budget too short for all rounds shortens every block and not the last ones away.
std::vector<Race::BlockPlan> Race::blocks() const {
  std::vector<std::optional<int64_t>> peaks;
  for (const Racer& racer : racers_) peaks.push_back(racer.peak_bytes);
  const auto groups = groups_in_memory(peaks, memory_limit(plan_));
  std::vector<BlockPlan> result;
  for (const int rounds : rounds_of_blocks(plan_.rounds.value_or(plan_.least_blocks * plan_.rounds_per_block),
                                           plan_.least_blocks))
    for (const auto& group : groups) result.push_back({group, rounds, INT64_MAX});
  for (size_t i = 0; end_ns_ && i < result.size(); ++i)
    result[i].deadline_ns = started_ns_ + (*end_ns_ - started_ns_) / static_cast<int64_t>(result.size()) *
                                              static_cast<int64_t>(i + 1);
  return result;
}

Ended Race::run() {
  const auto plans = blocks();
  blocks_ = static_cast<int>(plans.size());
  for (const auto& block : plans) rounds_left_ += block.rounds;
  for (const auto& block : plans) {
    if (stopped()) break;
    // A block that could not get through its first round is not begun; the very first always is.
    if (block_ > 0 && end_ns_ && now_ns() + start_up_ns_ + round_ns_ > *end_ns_) {
      out_of_budget_ = true;
      break;
    }
    run_block(block);
    ++block_;
  }
  if (stopped()) return Ended::stopped;
  return out_of_budget_ ? Ended::budget : Ended::complete;
}

void Race::run_block(const BlockPlan& block) {
  observer_.block_started(block_, blocks_);
  const int rounds_after = rounds_left_ - block.rounds;
  start_lanes(block);
  run_rounds(block);
  end_block();
  rounds_left_ = rounds_after;
}

void Race::start_lanes(const BlockPlan& block) {
  const int64_t begun_ns = now_ns();
  std::vector<size_t> members = block.members;
  order_.shuffle(std::span(members));
  for (const size_t who : members) {
    if (out_[who] || stopped()) continue;
    observer_.contestant_started(who, block_);
    auto lane = Lane::start(racers_[who], plan_,
                            stats::Random(plan_.seed, fmt::format("input sets {} {}", who, block_)));
    if (!lane) {
      drop(who, lane.error());
      continue;
    }
    record::WarmStart warm = lane->warm_start();
    warm.block = block_;
    observer_.warm_started(who, warm);
    if (steps_[who] == 0)
      steps_[who] = steps_of_visit(lane->step_ns(), plan_.visit_s, plan_.least_steps, plan_.most_steps);
    observer_.warmed(who, block_, lane->warm_up_steps(), steps_[who], lane->step_ns() * 1e-6);
    lanes_.emplace(who, std::move(*lane));
  }
  start_up_ns_ = now_ns() - begun_ns;
}

void Race::run_rounds(const BlockPlan& block) {
  for (int round = 0; round < block.rounds; ++round) {
    const int64_t begun_ns = now_ns();
    run_round(round);
    if (stopped() || lanes_.empty()) return;
    round_ns_ = now_ns() - begun_ns;
    --rounds_left_;
    report_round(block, round);
    const bool more = now_ns() + round_ns_ <= block.deadline_ns;
    if (!more && round + 1 < block.rounds) out_of_budget_ = true;
    // The last two visits of a block end in different input sets, and both answers are kept for the gate.
    if (!more || round + 2 >= block.rounds) fetch_answers();
    if (!more) return;
  }
}

void Race::run_round(int round) {
  std::vector<size_t> order;
  for (const auto& [who, lane] : lanes_) order.push_back(who);
  order_.shuffle(std::span(order));
  for (size_t position = 0; position < order.size() && !stopped(); ++position)
    visit(order[position], round, static_cast<int>(position));
}

void Race::visit(size_t who, int round, int position) {
  auto visit = lanes_.at(who).visit(steps_[who]);
  if (!visit) return drop(who, visit.error());
  visit->block = block_;
  visit->round = round;
  visit->position = position;
  observer_.visit_done(who, *visit);
}

void Race::fetch_answers() {
  std::vector<size_t> present;
  for (const auto& [who, lane] : lanes_) present.push_back(who);
  for (const size_t who : present) {
    if (stopped()) return;
    const auto path = plan_.folder / fmt::format("answer-{}-{}-{}.safetensors", who, block_, answers_.size());
    auto answer = lanes_.at(who).outputs(path);
    if (answer) {
      settle(path);
      answers_.emplace_back(who, std::move(*answer));
    } else {
      drop(who, answer.error());
    }
  }
}

void Race::end_block() {
  if (!stopped())
    for (auto& [who, lane] : lanes_) lane.close();
  lanes_.clear();
  for (const auto& [who, answer] : std::exchange(answers_, {})) observer_.answered(who, block_, answer);
}

void Race::drop(size_t who, const record::Failure& failure) {
  lanes_.erase(who);
  if (stopped()) return;
  out_[who] = true;
  observer_.failed(who, block_, failure);
}

void Race::report_round(const BlockPlan& block, int round) {
  const int64_t now = now_ns();
  int64_t left_ns = rounds_left_ * round_ns_ + (blocks_ - block_ - 1) * start_up_ns_;
  if (end_ns_) left_ns = std::clamp<int64_t>(left_ns, 0, std::max<int64_t>(0, *end_ns_ - now));
  observer_.round_done(block_, round, block.rounds, static_cast<double>(left_ns) * 1e-9);
}

Result<Ended> run_blocks(std::span<const Racer> racers, const Plan& plan, Observer& observer) {
  if (racers.empty()) return fail(ErrorKind::usage, "there is no contestant to measure");
  if (plan.least_blocks < 1 || plan.rounds.value_or(1) < 1 || plan.rounds_per_block < 1)
    return fail(ErrorKind::usage, "at least one block and one round are needed");
  std::error_code ec;
  std::filesystem::create_directories(plan.folder, ec);
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be created: {}", plan.folder.string(), ec.message());
  return Race(racers, plan, observer).run();
}

}  // namespace assay::measure
