// A measurement in progress: the blocks one by one, in each the launches, the rounds and their visits. Who
// takes part and when a block ends is decided in block_members.h and block_clock.h. Behind run_blocks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "measure/block_clock.h"
#include "measure/block_members.h"
#include "measure/block_process.h"
#include "measure/measure.h"

namespace assay::measure {

// Steps of every contestant whose outputs are judged, in each block.
inline constexpr size_t kQuestionsOfABlock = 2;

class BlockLoop {
 public:
  BlockLoop(std::span<const LaunchedContestant> contestants, const BlockPlan& plan, BlockObserver& observer);
  // Runs all blocks of all groups, then those of the slow contestants.
  Ended run();

 private:
  struct Block {
    Group members;
    int rounds = 0;
    BlockPlace place;
  };

  [[nodiscard]] bool stopped() const {
    return (plan_.stop != nullptr && plan_.stop->load()) || observer_.ends();
  }

  // Groups that do not fit into memory together take turns block by block, until `end_ns`. Others have
  // `later_ns` after them.
  void take_turns(const std::vector<Group>& groups, std::optional<int64_t> end_ns, int64_t later_ns);
  void run_block(const Block& block);
  void start_processes(const Block& block);
  void run_rounds(const Block& block);
  void run_round(int round, bool asks);
  void end_block();
  void visit(size_t who, int round, int position, bool asks);
  [[nodiscard]] std::vector<int> draw_questions(int rounds, std::optional<int64_t> deadline_ns);
  [[nodiscard]] int steps_of(size_t who, const BlockProcess& process) const;
  [[nodiscard]] double expected_round_ns() const;
  // The contestant is out for good; unless all is being stopped, which is nobody's failure.
  void drop(size_t who, const record::Failure& failure);
  void report_round(int round, int rounds);

  std::span<const LaunchedContestant> contestants_;
  const BlockPlan& plan_;
  BlockObserver& observer_;
  BlockMembers members_;
  BlockClock clock_;
  stats::Random order_;
  int64_t started_ns_;

  std::vector<int> steps_;  // timed steps of a visit, fixed in the contestant's first block; 0 before
  std::vector<uint64_t> next_sets_;           // the first input set that the contestant was not given yet
  std::map<size_t, BlockProcess> processes_;  // of the block in progress
  std::vector<std::pair<size_t, FetchedAnswer>> answers_;  // likewise, by contestant
  int slot_ = 0;  // questions that were asked in the block in progress
  int block_ = 0;
  int blocks_left_ = 0;           // after the block in progress, as far as can be said
  bool round_disturbed_ = false;  // of the round in progress, some visit
  bool cut_ = false;              // a round that was asked for was not made
  // Of the round in progress: what its questions took, and what the steps would have that they cut off.
  int64_t asked_ns_ = 0, cut_off_ns_ = 0;
};

}  // namespace assay::measure
