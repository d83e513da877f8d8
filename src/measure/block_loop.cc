#include "measure/block_loop.h"

#include <algorithm>
#include <climits>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "host/host.h"
#include "measure/schedule.h"
#include "record/disturbance.h"

namespace assay::measure {
BlockLoop::BlockLoop(std::span<const LaunchedContestant> contestants, const BlockPlan& plan,
                     BlockObserver& observer)
    : contestants_(contestants),
      plan_(plan),
      observer_(observer),
      members_(contestants, plan),
      clock_(plan),
      order_(plan.seed, fmt::format("order {}", plan.first_block)),
      started_ns_(now_ns()),
      steps_(contestants.size()),
      next_sets_(contestants.size(), kFirstFresh + kColdSets),
      block_(plan.first_block) {}

Ended BlockLoop::run() {
  const auto& slow = members_.slow();
  auto slow_left = static_cast<int64_t>(std::ranges::count(slow, true));
  const int64_t budget_ns = static_cast<int64_t>(plan_.budget_s.value_or(0) * 1e9);
  const int64_t end_ns = started_ns_ + budget_ns;
  const int64_t shares_ns = slow_left * (budget_ns / static_cast<int64_t>(contestants_.size()));
  take_turns(members_.groups(), plan_.budget_s ? std::optional(end_ns - shares_ns) : std::nullopt, shares_ns);
  // A slow one comes last, with its share of what is left of the budget, and one round in any case.
  for (size_t who = 0; who < contestants_.size(); ++who) {
    if (!slow[who] || stopped()) continue;
    const int64_t left_ns = std::max<int64_t>(0, end_ns - now_ns());
    const int64_t own_ns = left_ns / slow_left--;
    take_turns({members_.group_of_slow(who)}, now_ns() + own_ns, left_ns - own_ns);
  }
  if (stopped()) return Ended::stopped;
  return (plan_.rounds ? !cut_ : members_.all_reached_target()) ? Ended::complete : Ended::budget;
}

void BlockLoop::take_turns(const std::vector<Group>& groups, std::optional<int64_t> end_ns,
                           int64_t later_ns) {
  clock_.begin_turns(now_ns(), end_ns, static_cast<double>(later_ns) * 1e-9);
  const int count = static_cast<int>(groups.size());
  bool first = true;
  for (int turn = 0; members_.rounds_of(turn) > 0; ++turn) {
    bool any = false;
    for (int i = 0; i < count && !stopped(); ++i) {
      const Block block{
          members_.wanted(groups[static_cast<size_t>(i)]), members_.rounds_of(turn), {turn, i, count}};
      if (block.members.empty()) continue;
      // A block that could not get through its first round is not begun; the very first always is.
      if (!std::exchange(first, false) && clock_.late(now_ns())) {
        cut_ = true;
        return;
      }
      any = true;
      blocks_left_ = std::max(0, members_.blocks_ahead(groups, turn) - i - 1);
      run_block(block);
      ++block_;
    }
    if (!any || stopped()) return;
  }
}

void BlockLoop::run_block(const Block& block) {
  slot_ = 0;
  const int64_t begun_ns = now_ns();
  const int in_time = std::max(1, clock_.blocks_that_fit(now_ns()));  // this one is made in any case
  observer_.block_started(block_, block_ + std::min(blocks_left_ + 1, in_time));
  start_processes(block);
  run_rounds(block);
  end_block();
  clock_.block_took(now_ns() - begun_ns);
}

// With the one to wake no more than a file of inputs holds.
int BlockLoop::steps_of(size_t who, const BlockProcess& process) const {
  const int64_t set_bytes = std::max<int64_t>(1, contestants_[who].launchable->inputs.set_bytes);
  const auto held = std::clamp<int64_t>(kMostInputBytes / set_bytes - 1, plan_.least_steps, plan_.most_steps);
  return steps_of_visit(process.step_ns(), plan_.visit_s, plan_.least_steps, static_cast<int>(held));
}

void BlockLoop::start_processes(const Block& block) {
  const int64_t begun_ns = now_ns();
  std::vector<size_t> members = block.members;
  order_.shuffle(std::span(members));
  for (const size_t who : members) {
    if (members_.is_out(who) || stopped()) continue;
    observer_.contestant_started(who, block_);
    auto process = BlockProcess::start(contestants_[who], plan_, next_sets_[who],
                                       stats::Random(plan_.seed, fmt::format("requests {} {}", who, block_)));
    if (!process) {
      drop(who, process.error());
      continue;
    }
    record::WarmStart warm = process->warm_start();
    warm.block = block_;
    observer_.warm_started(who, warm);
    if (steps_[who] == 0) steps_[who] = steps_of(who, *process);
    observer_.warmed(who, block_, process->warm_up_steps(), steps_[who], process->step_ns() * 1e-6);
    processes_.emplace(who, std::move(*process));
  }
  clock_.launches_took(now_ns() - begun_ns);
}

// Which rounds end with a question for everyone: two, at random among those that will likely be made.
std::vector<int> BlockLoop::draw_questions(int rounds, std::optional<int64_t> deadline_ns) {
  if (deadline_ns) {
    const auto left_ns = static_cast<double>(std::max<int64_t>(0, *deadline_ns - now_ns()));
    rounds = std::clamp(static_cast<int>(left_ns / expected_round_ns()), 1, rounds);
  }
  const auto drawn = shuffled(static_cast<size_t>(rounds), order_);
  const auto some = std::span(drawn).first(std::min(drawn.size(), kQuestionsOfABlock));
  return {some.begin(), some.end()};
}

// By the warm-up: a step to wake and those of the visit.
double BlockLoop::expected_round_ns() const {
  double round_ns = 1;
  for (const auto& [who, process] : processes_) round_ns += (1 + steps_[who]) * process.step_ns();
  return round_ns;
}

void BlockLoop::run_rounds(const Block& block) {
  const auto deadline_ns = clock_.deadline_of(block.place, expected_round_ns());
  const auto questions = draw_questions(block.rounds, deadline_ns);
  int rounds = block.rounds, repeats = 0;
  const auto asks = [&](int round) { return std::ranges::find(questions, round) != questions.end(); };
  for (int round = 0; round < rounds; ++round) {
    run_round(round, asks(round));
    if (stopped() || processes_.empty()) return;
    if (!plan_.rounds && round_disturbed_ && repeats < plan_.most_repeats) {
      ++repeats;
      ++rounds;
    }
    report_round(round, rounds);
    const bool more = clock_.fits_a_round(now_ns(), deadline_ns, asks(round + 1));
    if (!more && round + 1 < rounds) cut_ = true;
    if (more) continue;
    // A block that ended before its first question gets a round for it: no launch goes unasked.
    if (answers_.empty()) run_round(round + 1, true);
    return;
  }
}

void BlockLoop::run_round(int round, bool asks) {
  round_disturbed_ = false;
  const int64_t begun_ns = now_ns();
  asked_ns_ = cut_off_ns_ = 0;
  std::vector<size_t> order;
  for (const auto& [who, process] : processes_) order.push_back(who);
  order_.shuffle(std::span(order));
  for (size_t position = 0; position < order.size() && !stopped(); ++position)
    visit(order[position], round, static_cast<int>(position), asks);
  clock_.round_took(now_ns() - begun_ns - asked_ns_ + cut_off_ns_);
  if (!asks) return;
  clock_.questions_took(asked_ns_);
  ++slot_;
}

void BlockLoop::visit(size_t who, int round, int position, bool asks) {
  std::optional<Question> question;
  if (asks)
    question = {judged_number(block_, slot_),
                plan_.folder / fmt::format("answer-{}-{}-{}.safetensors", who, block_, slot_)};
  auto visited = processes_.at(who).visit(steps_[who], question);
  if (!visited) return drop(who, visited.error());
  record::Visit& visit = visited->visit;
  visit.block = block_;
  visit.round = round;
  visit.position = position;
  round_disturbed_ = round_disturbed_ || record::disturbed(visit.surroundings);
  members_.add(who, visit);
  observer_.visit_done(who, visit);
  if (visited->answer) answers_.emplace_back(who, std::move(*visited->answer));
  const auto made = static_cast<int64_t>(visit.samples_ns.size());
  asked_ns_ += visit.asked_ns.value_or(0);
  cut_off_ns_ += visit.batch_ns / made * (steps_[who] - made);
}

void BlockLoop::end_block() {
  if (!stopped())
    for (auto& [who, process] : processes_) {
      process.close();
      next_sets_[who] = process.next_set();
    }
  processes_.clear();
  for (const auto& [who, answer] : std::exchange(answers_, {})) observer_.answered(who, block_, answer);
  observer_.block_ended(block_);
  for (size_t who = 0; who < contestants_.size(); ++who)
    if (!members_.is_out(who) && !observer_.goes_on(who)) members_.leave(who);
}

void BlockLoop::drop(size_t who, const record::Failure& failure) {
  processes_.erase(who);
  if (stopped()) return;
  members_.leave(who);
  observer_.failed(who, block_, failure);
}

void BlockLoop::report_round(int round, int rounds) {
  observer_.round_done(block_, round, rounds, clock_.left_s(now_ns(), rounds - round - 1, blocks_left_));
}

Result<Ended> run_blocks(std::span<const LaunchedContestant> contestants, const BlockPlan& plan,
                         BlockObserver& observer) {
  if (contestants.empty()) return fail(ErrorKind::usage, "there is no contestant to measure");
  if (plan.least_blocks < 1 || plan.rounds.value_or(1) < 1 || plan.rounds_per_block < 1 || !(plan.target > 0))
    return fail(ErrorKind::usage, "at least one block, one round and a target above 0 are needed");
  std::error_code ec;
  std::filesystem::create_directories(plan.folder, ec);
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be created: {}", plan.folder.string(), ec.message());
  return BlockLoop(contestants, plan, observer).run();
}

}  // namespace assay::measure
