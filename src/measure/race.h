// The state of a measurement in progress: who is still in, the clock, the blocks one by one. Behind
// run_blocks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "measure/lane.h"
#include "measure/measure.h"

namespace assay::measure {

class Race {
 public:
  Race(std::span<const Racer> racers, const Plan& plan, Observer& observer);
  // Runs all blocks of all groups.
  Ended run();

 private:
  struct BlockPlan {
    std::vector<size_t> members;
    int rounds = 0;
    int64_t deadline_ns = 0;
  };
  [[nodiscard]] std::vector<BlockPlan> blocks() const;
  [[nodiscard]] bool stopped() const { return plan_.stop != nullptr && plan_.stop->load(); }
  void run_block(const BlockPlan& block);
  void start_lanes(const BlockPlan& block);
  void run_rounds(const BlockPlan& block);
  void run_round(int round);
  void fetch_answers();
  void end_block();
  void visit(size_t who, int round, int position);
  // The contestant is out for good; unless all is being stopped, which is nobody's failure.
  void drop(size_t who, const record::Failure& failure);
  void report_round(const BlockPlan& block, int round);

  std::span<const Racer> racers_;
  const Plan& plan_;
  Observer& observer_;
  stats::Random order_;
  int64_t started_ns_;
  std::optional<int64_t> end_ns_;  // of the budget

  std::vector<bool> out_;         // failed, by racer
  std::vector<int> steps_;        // timed steps of a visit, fixed in the racer's first block; 0 before
  std::map<size_t, Lane> lanes_;  // of the block in progress
  std::vector<std::pair<size_t, Answer>> answers_;  // likewise, by racer
  int block_ = 0;
  int blocks_ = 0;
  int rounds_left_ = 0;
  bool out_of_budget_ = false;
  int64_t start_up_ns_ = 0, round_ns_ = 0;  // how long the last of each took
};

}  // namespace assay::measure
