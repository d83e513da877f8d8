// The state of a measurement in progress: who is still in, the clock, the blocks one by one. Behind
// run_blocks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "measure/lane.h"
#include "measure/measure.h"
#include "measure/standings.h"

namespace assay::measure {

// Steps of every contestant whose outputs are judged, in each block.
inline constexpr size_t kQuestionsOfABlock = 2;

class Race {
 public:
  Race(std::span<const Racer> racers, const Plan& plan, Observer& observer);
  // Runs all blocks of all groups, then those of the slow racers.
  Ended run();

 private:
  using Group = std::vector<size_t>;
  struct Block {
    Group members;
    int rounds = 0;
    int turn = 0;           // of its group, from 0
    int place = 0, of = 1;  // the group's place in the turn, and how many take turns
  };

  [[nodiscard]] bool stopped() const {
    return (plan_.stop != nullptr && plan_.stop->load()) || observer_.ends();
  }
  [[nodiscard]] std::vector<Group> groups() const;
  [[nodiscard]] Group group_of_slow(size_t who) const;

  // Groups that do not fit into memory together take turns block by block, until `end_ns`.
  void take_turns(const std::vector<Group>& groups, std::optional<int64_t> end_ns);
  // Who is wanted in a group's next block.
  [[nodiscard]] Group wanted(const Group& group) const;
  [[nodiscard]] int rounds_of(int turn) const;
  [[nodiscard]] bool late(std::optional<int64_t> end_ns) const;
  // Blocks that are still to be made of all groups when each has had so many; a guess.
  [[nodiscard]] int blocks_ahead(const std::vector<Group>& groups, int blocks_done) const;

  // When a block whose launches are done is to end: the first ones share the time until end_ns_, so that a
  // budget too short for all rounds shortens every block and not the last ones away.
  [[nodiscard]] std::optional<int64_t> deadline_of(const Block& block) const;
  // How many blocks like the last one fit into the time that is left.
  [[nodiscard]] int blocks_that_fit() const;

  void run_block(const Block& block);
  void start_lanes(const Block& block);
  void run_rounds(const Block& block);
  void run_round(int round, bool asks);
  void end_block();
  void visit(size_t who, int round, int position, bool asks);
  [[nodiscard]] std::vector<int> draw_questions(int rounds, std::optional<int64_t> deadline_ns);
  [[nodiscard]] int steps_of(size_t who, const Lane& lane) const;
  [[nodiscard]] double expected_round_ns() const;
  // The contestant is out for good; unless all is being stopped, which is nobody's failure.
  void drop(size_t who, const record::Failure& failure);
  void leave(size_t who);
  void report_round(int round, int rounds);
  [[nodiscard]] bool all_settled() const;

  std::span<const Racer> racers_;
  const Plan& plan_;
  Observer& observer_;
  Standings standings_;
  stats::Random order_;
  int64_t started_ns_;
  int64_t begun_ns_ = 0;           // the turns in progress,
  std::optional<int64_t> end_ns_;  // and when they have to end
  std::vector<bool> slow_;         // by racer
  size_t baseline_ = 0;

  std::vector<bool> out_;            // failed or found wrong, by racer
  std::vector<int> steps_;           // timed steps of a visit, fixed in the racer's first block; 0 before
  std::vector<uint64_t> next_sets_;  // the first input set that the racer was not given yet
  std::map<size_t, Lane> lanes_;     // of the block in progress
  std::vector<std::pair<size_t, Answer>> answers_;  // likewise, by racer
  int slot_ = 0;                                    // questions that were asked in the block in progress
  int block_ = 0;
  int blocks_left_ = 0;           // after the block in progress, as far as can be said
  double slow_left_s_ = 0;        // likewise, for the slow racers
  bool round_disturbed_ = false;  // of the round in progress, some visit
  bool cut_ = false;              // a round that was asked for was not made
  // How long the last of each took, a round without its questions.
  int64_t start_up_ns_ = 0, round_ns_ = 0, questions_ns_ = 0, block_ns_ = 0;
  // Of the round in progress: what its questions took, and what the steps would have that they cut off.
  int64_t asked_ns_ = 0, cut_off_ns_ = 0;
};

}  // namespace assay::measure
