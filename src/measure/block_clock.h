// When the blocks of a measurement with a budget have to end, and how long all that is left will take: by
// what the last launch, round and block took. It reads no clock of its own: "now" is given.
#pragma once

#include <cstdint>
#include <optional>

#include "measure/measure.h"

namespace assay::measure {

// A block's place among those that share a budget.
struct BlockPlace {
  int turn = 0;           // of its group, from 0
  int place = 0, of = 1;  // the group's place in the turn, and how many take turns
};

class BlockClock {
 public:
  explicit BlockClock(const BlockPlan& plan) : plan_(plan) {}

  // Groups begin to take turns, until `end_ns`; absent: without an end. `later_s` is the time that those who
  // come after them have.
  void begin_turns(int64_t now_ns, std::optional<int64_t> end_ns, double later_s);

  // What things took; a round without its questions, which are told apart.
  void launches_took(int64_t ns) { launches_ns_ = ns; }
  void round_took(int64_t ns) { round_ns_ = ns; }
  void questions_took(int64_t ns) { questions_ns_ = ns; }
  void block_took(int64_t ns) { block_ns_ = ns; }

  // Whether another block could not get through its first round.
  [[nodiscard]] bool late(int64_t now_ns) const;
  // How many blocks like the last one fit into the time that is left.
  [[nodiscard]] int blocks_that_fit(int64_t now_ns) const;
  // When a block whose launches are done is to end: the first ones share the time, so that a budget too short
  // for all rounds shortens every block and not the last ones away.
  [[nodiscard]] std::optional<int64_t> deadline_of(const BlockPlace& block, double expected_round_ns) const;
  // Whether one more round, with a question or without, ends before the deadline.
  [[nodiscard]] bool fits_a_round(int64_t now_ns, std::optional<int64_t> deadline_ns, bool asks) const;
  // Seconds left for so many rounds of this block and so many blocks after it: a guess, no longer than the
  // budget.
  [[nodiscard]] double left_s(int64_t now_ns, int rounds, int blocks) const;

 private:
  const BlockPlan& plan_;
  int64_t begun_ns_ = 0;           // the turns in progress,
  std::optional<int64_t> end_ns_;  // and when they have to end
  double later_s_ = 0;
  // How long the last of each took.
  int64_t launches_ns_ = 0, round_ns_ = 0, questions_ns_ = 0, block_ns_ = 0;
};

}  // namespace assay::measure
