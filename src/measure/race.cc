#include "measure/race.h"

#include <algorithm>
#include <climits>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "host/host.h"
#include "measure/schedule.h"
#include "record/disturbance.h"

namespace assay::measure {
namespace {

constexpr double kShareOfMemory = 0.7;

int64_t memory_limit(const Plan& plan) {
  if (plan.memory_limit_bytes) return *plan.memory_limit_bytes;
  const auto bytes = static_cast<double>(host::facts().memory_bytes);
  return bytes > 0 ? static_cast<int64_t>(kShareOfMemory * bytes) : INT64_MAX;
}

}  // namespace

Race::Race(std::span<const Racer> racers, const Plan& plan, Observer& observer)
    : racers_(racers),
      plan_(plan),
      observer_(observer),
      standings_(racers.size(), plan.target),
      order_(plan.seed, fmt::format("order {}", plan.first_block)),
      started_ns_(now_ns()),
      out_(racers.size(), false),
      steps_(racers.size()),
      next_sets_(racers.size(), kFirstFresh + kColdSets),
      block_(plan.first_block) {
  std::vector<std::optional<double>> step_s;
  for (size_t who = 0; who < racers_.size(); ++who) {
    step_s.push_back(racers_[who].step_s);
    if (racers_[who].earlier == nullptr) continue;
    for (const auto& visit : *racers_[who].earlier) standings_.add(who, visit);
  }
  slow_ = slow_racers(step_s, plan.budget_s, plan.least_blocks);
  baseline_ = static_cast<size_t>(std::ranges::find(slow_, false) - slow_.begin());
}

// Those that are not slow, in as many groups as memory asks for.
std::vector<Race::Group> Race::groups() const {
  Group order = {baseline_};
  std::vector<std::optional<int64_t>> peaks = {racers_[baseline_].peak_bytes};
  for (size_t who = 0; who < racers_.size(); ++who) {
    if (slow_[who] || who == baseline_) continue;
    order.push_back(who);
    peaks.push_back(racers_[who].peak_bytes);
  }
  auto groups = groups_in_memory(peaks, memory_limit(plan_));
  for (auto& group : groups)
    for (size_t& member : group) member = order[member];
  return groups;
}

Race::Group Race::group_of_slow(size_t who) const {
  const std::vector<std::optional<int64_t>> peaks = {racers_[baseline_].peak_bytes, racers_[who].peak_bytes};
  const bool fits = groups_in_memory(peaks, memory_limit(plan_)).front().size() == 2;
  return fits && !out_[baseline_] ? Group{baseline_, who} : Group{who};
}

Ended Race::run() {
  auto slow = static_cast<int64_t>(std::ranges::count(slow_, true));
  const int64_t budget_ns = static_cast<int64_t>(plan_.budget_s.value_or(0) * 1e9);
  const int64_t end_ns = started_ns_ + budget_ns;
  const int64_t share_ns = budget_ns / static_cast<int64_t>(racers_.size());
  slow_left_s_ = static_cast<double>(slow * share_ns) * 1e-9;
  take_turns(groups(), plan_.budget_s ? std::optional(end_ns - slow * share_ns) : std::nullopt);
  // A slow one comes last, with its share of what is left of the budget, and one round in any case.
  for (size_t who = 0; who < racers_.size(); ++who) {
    if (!slow_[who] || stopped()) continue;
    const int64_t left_ns = std::max<int64_t>(0, end_ns - now_ns());
    const int64_t own_ns = left_ns / slow--;
    slow_left_s_ = static_cast<double>(left_ns - own_ns) * 1e-9;
    take_turns({group_of_slow(who)}, now_ns() + own_ns);
  }
  if (stopped()) return Ended::stopped;
  return (plan_.rounds ? !cut_ : all_settled()) ? Ended::complete : Ended::budget;
}

void Race::take_turns(const std::vector<Group>& groups, std::optional<int64_t> end_ns) {
  end_ns_ = end_ns;
  begun_ns_ = now_ns();
  const int count = static_cast<int>(groups.size());
  bool first = true;
  for (int turn = 0; rounds_of(turn) > 0; ++turn) {
    bool any = false;
    for (int i = 0; i < count && !stopped(); ++i) {
      const Block block{wanted(groups[static_cast<size_t>(i)]), rounds_of(turn), turn, i, count};
      if (block.members.empty()) continue;
      // A block that could not get through its first round is not begun; the very first always is.
      if (!std::exchange(first, false) && late(end_ns)) {
        cut_ = true;
        return;
      }
      any = true;
      blocks_left_ = std::max(0, blocks_ahead(groups, turn) - i - 1);
      run_block(block);
      ++block_;
    }
    if (!any || stopped()) return;
  }
}

int Race::rounds_of(int turn) const {
  if (!plan_.rounds) return turn < plan_.most_blocks ? plan_.rounds_per_block : 0;
  const auto counted = rounds_of_blocks(*plan_.rounds, plan_.least_blocks);
  return static_cast<size_t>(turn) < counted.size() ? counted[static_cast<size_t>(turn)] : 0;
}

Race::Group Race::wanted(const Group& group) const {
  Group present;
  int blocks = INT_MAX;
  for (const size_t who : group) {
    if (out_[who]) continue;
    present.push_back(who);
    blocks = std::min(blocks, standings_.blocks(who));
  }
  const bool enough = !plan_.rounds && blocks >= plan_.least_blocks;
  return enough ? standings_.unsettled(group, baseline_) : present;
}

bool Race::late(std::optional<int64_t> end_ns) const {
  return end_ns && now_ns() + start_up_ns_ + round_ns_ + questions_ns_ > *end_ns;
}

int Race::blocks_ahead(const std::vector<Group>& groups, int blocks_done) const {
  int ahead = 0;
  for (const Group& group : groups) {
    int needed = plan_.rounds ? static_cast<int>(rounds_of_blocks(*plan_.rounds, plan_.least_blocks).size())
                              : plan_.least_blocks;
    for (const size_t who : plan_.rounds ? Group{} : standings_.unsettled(group, baseline_))
      if (who != baseline_ || group.size() == 1)
        needed = std::max(needed, standings_.blocks_needed(who, baseline_).value_or(0));
    ahead += std::max(0, std::min(needed, plan_.most_blocks) - blocks_done);
  }
  return ahead;
}

bool Race::all_settled() const {
  Group all;
  for (size_t who = 0; who < racers_.size(); ++who) all.push_back(who);
  return standings_.unsettled(all, baseline_).empty();
}

std::optional<int64_t> Race::deadline_of(const Block& block) const {
  if (!end_ns_ || block.turn >= plan_.least_blocks) return end_ns_;
  const int64_t time_ns = (*end_ns_ - begun_ns_) / block.of;
  const int blocks =
      blocks_within(static_cast<double>(time_ns) * 1e-9, static_cast<double>(start_up_ns_) * 1e-9,
                    expected_round_ns() * 1e-9, plan_.least_blocks);
  return std::min(*end_ns_, begun_ns_ + time_ns / blocks * (block.turn * block.of + block.place + 1));
}

int Race::blocks_that_fit() const {
  if (!end_ns_ || block_ns_ == 0) return INT_MAX;
  return static_cast<int>(std::max<int64_t>(0, (*end_ns_ - now_ns()) / block_ns_));
}

void Race::run_block(const Block& block) {
  slot_ = 0;
  const int64_t begun_ns = now_ns();
  const int in_time = std::max(1, blocks_that_fit());  // this one is made in any case
  observer_.block_started(block_, block_ + std::min(blocks_left_ + 1, in_time));
  start_lanes(block);
  run_rounds(block);
  end_block();
  block_ns_ = now_ns() - begun_ns;
}

// With the one to wake no more than a file of inputs holds.
int Race::steps_of(size_t who, const Lane& lane) const {
  const int64_t set_bytes = std::max<int64_t>(1, racers_[who].participant->inputs.set_bytes);
  const auto held = std::clamp<int64_t>(kMostInputBytes / set_bytes - 1, plan_.least_steps, plan_.most_steps);
  return steps_of_visit(lane.step_ns(), plan_.visit_s, plan_.least_steps, static_cast<int>(held));
}

void Race::start_lanes(const Block& block) {
  const int64_t begun_ns = now_ns();
  std::vector<size_t> members = block.members;
  order_.shuffle(std::span(members));
  for (const size_t who : members) {
    if (out_[who] || stopped()) continue;
    observer_.contestant_started(who, block_);
    auto lane = Lane::start(racers_[who], plan_, next_sets_[who],
                            stats::Random(plan_.seed, fmt::format("requests {} {}", who, block_)));
    if (!lane) {
      drop(who, lane.error());
      continue;
    }
    record::WarmStart warm = lane->warm_start();
    warm.block = block_;
    observer_.warm_started(who, warm);
    if (steps_[who] == 0) steps_[who] = steps_of(who, *lane);
    observer_.warmed(who, block_, lane->warm_up_steps(), steps_[who], lane->step_ns() * 1e-6);
    lanes_.emplace(who, std::move(*lane));
  }
  start_up_ns_ = now_ns() - begun_ns;
}

// Which rounds end with a question for everyone: two, at random among those that will likely be made.
std::vector<int> Race::draw_questions(int rounds, std::optional<int64_t> deadline_ns) {
  if (deadline_ns) {
    const auto left_ns = static_cast<double>(std::max<int64_t>(0, *deadline_ns - now_ns()));
    rounds = std::clamp(static_cast<int>(left_ns / expected_round_ns()), 1, rounds);
  }
  const auto drawn = shuffled(static_cast<size_t>(rounds), order_);
  const auto some = std::span(drawn).first(std::min(drawn.size(), kQuestionsOfABlock));
  return {some.begin(), some.end()};
}

// By the warm-up: a step to wake and those of the visit.
double Race::expected_round_ns() const {
  double round_ns = 1;
  for (const auto& [who, lane] : lanes_) round_ns += (1 + steps_[who]) * lane.step_ns();
  return round_ns;
}

void Race::run_rounds(const Block& block) {
  const auto deadline_ns = deadline_of(block);
  const auto questions = draw_questions(block.rounds, deadline_ns);
  int rounds = block.rounds, repeats = 0;
  const auto asks = [&](int round) { return std::ranges::find(questions, round) != questions.end(); };
  for (int round = 0; round < rounds; ++round) {
    run_round(round, asks(round));
    if (stopped() || lanes_.empty()) return;
    if (!plan_.rounds && round_disturbed_ && repeats < plan_.most_repeats) {
      ++repeats;
      ++rounds;
    }
    report_round(round, rounds);
    const int64_t next_ns = round_ns_ + (asks(round + 1) ? questions_ns_ : 0);
    const bool more = !deadline_ns || now_ns() + next_ns <= *deadline_ns;
    if (!more && round + 1 < rounds) cut_ = true;
    if (more) continue;
    // A block that ended before its first question gets a round for it: no launch goes unasked.
    if (answers_.empty()) run_round(round + 1, true);
    return;
  }
}

void Race::run_round(int round, bool asks) {
  round_disturbed_ = false;
  const int64_t begun_ns = now_ns();
  asked_ns_ = cut_off_ns_ = 0;
  std::vector<size_t> order;
  for (const auto& [who, lane] : lanes_) order.push_back(who);
  order_.shuffle(std::span(order));
  for (size_t position = 0; position < order.size() && !stopped(); ++position)
    visit(order[position], round, static_cast<int>(position), asks);
  round_ns_ = now_ns() - begun_ns - asked_ns_ + cut_off_ns_;
  if (!asks) return;
  questions_ns_ = asked_ns_;
  ++slot_;
}

void Race::visit(size_t who, int round, int position, bool asks) {
  std::optional<Question> question;
  if (asks)
    question = {judged_number(block_, slot_),
                plan_.folder / fmt::format("answer-{}-{}-{}.safetensors", who, block_, slot_)};
  auto visited = lanes_.at(who).visit(steps_[who], question);
  if (!visited) return drop(who, visited.error());
  record::Visit& visit = visited->visit;
  visit.block = block_;
  visit.round = round;
  visit.position = position;
  round_disturbed_ = round_disturbed_ || record::disturbed(visit.surroundings);
  standings_.add(who, visit);
  observer_.visit_done(who, visit);
  if (visited->answer) answers_.emplace_back(who, std::move(*visited->answer));
  const auto made = static_cast<int64_t>(visit.samples_ns.size());
  asked_ns_ += visit.asked_ns.value_or(0);
  cut_off_ns_ += visit.batch_ns / made * (steps_[who] - made);
}

void Race::end_block() {
  if (!stopped())
    for (auto& [who, lane] : lanes_) {
      lane.close();
      next_sets_[who] = lane.next_set();
    }
  lanes_.clear();
  for (const auto& [who, answer] : std::exchange(answers_, {})) observer_.answered(who, block_, answer);
  observer_.block_ended(block_);
  for (size_t who = 0; who < racers_.size(); ++who)
    if (!out_[who] && !observer_.goes_on(who)) leave(who);
}

void Race::drop(size_t who, const record::Failure& failure) {
  lanes_.erase(who);
  if (stopped()) return;
  leave(who);
  observer_.failed(who, block_, failure);
}

void Race::leave(size_t who) {
  out_[who] = true;
  standings_.drop(who);
  // The next one that is left takes the baseline's place; when none is, it does not matter.
  for (size_t next = 0; next < racers_.size() && out_[baseline_]; ++next)
    if (!out_[next] && !slow_[next]) baseline_ = next;
}

void Race::report_round(int round, int rounds) {
  const double block_s = static_cast<double>(start_up_ns_ + plan_.rounds_per_block * round_ns_) * 1e-9;
  double left_s = static_cast<double>((rounds - round - 1) * round_ns_) * 1e-9 + blocks_left_ * block_s;
  if (end_ns_)
    left_s = std::clamp(left_s, 0.0, std::max(0.0, static_cast<double>(*end_ns_ - now_ns()) * 1e-9));
  observer_.round_done(block_, round, rounds, left_s + slow_left_s_);
}

Result<Ended> run_blocks(std::span<const Racer> racers, const Plan& plan, Observer& observer) {
  if (racers.empty()) return fail(ErrorKind::usage, "there is no contestant to measure");
  if (plan.least_blocks < 1 || plan.rounds.value_or(1) < 1 || plan.rounds_per_block < 1 || !(plan.target > 0))
    return fail(ErrorKind::usage, "at least one block, one round and a target above 0 are needed");
  std::error_code ec;
  std::filesystem::create_directories(plan.folder, ec);
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be created: {}", plan.folder.string(), ec.message());
  return Race(racers, plan, observer).run();
}

}  // namespace assay::measure
