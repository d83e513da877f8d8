// Who takes part in which block: the baseline, groups that fit into memory, the slow ones that come last, and
// who is still wanted after each block. No clock and no processes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "measure/measure.h"
#include "measure/stopping_rule.h"

namespace assay::measure {

using Group = std::vector<size_t>;  // of contestants, by their index

class BlockMembers {
 public:
  BlockMembers(std::span<const LaunchedContestant> contestants, const BlockPlan& plan);

  // Those that are not slow, in as many groups as memory asks for; the baseline is in each that has room.
  [[nodiscard]] std::vector<Group> groups() const;
  // A slow one with the baseline, where both fit.
  [[nodiscard]] Group group_of_slow(size_t who) const;
  // Who is wanted in a group's next block; none when all have reached the target or are out.
  [[nodiscard]] Group wanted(const Group& group) const;
  // Rounds of the group's block number `turn`, from 0; 0 when there is none any more.
  [[nodiscard]] int rounds_of(int turn) const;
  // Blocks that are still to be made of all groups when each has had so many; a guess.
  [[nodiscard]] int blocks_ahead(const std::vector<Group>& groups, int blocks_done) const;

  void add(size_t who, const record::Visit& visit) { stopping_rule_.add(who, visit); }
  // Out for good. When it was the baseline the next one that is left takes its place.
  void leave(size_t who);

  [[nodiscard]] bool is_out(size_t who) const { return out_[who]; }
  [[nodiscard]] const std::vector<bool>& slow() const { return slow_; }
  [[nodiscard]] bool all_reached_target() const;

 private:
  std::span<const LaunchedContestant> contestants_;
  const BlockPlan& plan_;
  StoppingRule stopping_rule_;
  std::vector<bool> slow_, out_;
  size_t baseline_ = 0;
};

}  // namespace assay::measure
