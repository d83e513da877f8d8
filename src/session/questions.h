// The answers to the questions of a block: each contestant was asked for the outputs of a step with the same
// input sets, which nobody had seen before. They are held to a truth of that set where it is cheap; else to
// each other, and to a truth when two of them disagree.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "session/contestant_run.h"
#include "session/prepared_cell.h"

namespace assay::session {

// A truth of a set that is asked about once takes no longer than this, seconds; dearer ones are evaluated
// only where there is nobody to compare with, or a disagreement.
inline constexpr double kCheapTruth = 2;

class Questions {
 public:
  Questions(std::span<ContestantRun* const> contestants, PreparedCell& cell, RunContext& context)
      : contestants_(contestants), cell_(cell), context_(context) {}

  void add(size_t who, const measure::FetchedAnswer& answer) {
    answers_[answer.set].emplace_back(who, answer);
  }
  // Judges what came since the last time and removes the files. Fails as Assay itself does.
  [[nodiscard]] Result<> judge();

 private:
  using Answers = std::vector<std::pair<size_t, measure::FetchedAnswer>>;
  [[nodiscard]] Result<> judge(uint64_t set, const Answers& answers);
  [[nodiscard]] Result<bool> agree(uint64_t set, const Answers& answers);
  [[nodiscard]] bool comparable(const Answers& answers) const;

  std::span<ContestantRun* const> contestants_;
  PreparedCell& cell_;
  RunContext& context_;
  std::map<uint64_t, Answers> answers_;
};

}  // namespace assay::session
