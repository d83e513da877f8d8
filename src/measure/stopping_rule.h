// How well every contestant's ratio to the baseline is known so far, and how many blocks are still needed:
// what the stopping rule looks at. No clock and no processes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "record/measurement.h"
#include "stats/compare.h"

namespace assay::measure {

// Who takes so many times as long as the baseline in every round, of two blocks at least, rests: it is told
// apart by far, and each further round of it would cost the others as many of theirs.
inline constexpr double kFarBehind = stats::kFarAlone;

class StoppingRule {
 public:
  // `target`: relative half-width that is wanted; measuring goes on until kAim of it is reached.
  StoppingRule(size_t contestants, double target);

  void add(size_t who, const record::Visit& visit);
  // Out of the race: nothing is wanted of it any more.
  void drop(size_t who) { out_[who] = true; }

  // Relative half-width of the ratio who / baseline; of its own time, when it is the baseline or was in no
  // round with it. Absent while there are too few rounds or blocks for an interval.
  [[nodiscard]] std::optional<double> half_width(size_t who, size_t baseline) const;
  [[nodiscard]] bool is_far_behind(size_t who, size_t baseline) const;
  // Whether nothing more is wanted of it: it is out, its half-width is narrow enough, or it is far behind.
  [[nodiscard]] bool reached_target(size_t who, size_t baseline) const;
  // Those of `members` that go on after a block: the baseline and who has not reached the target; none when
  // all have. The baseline alone has reached it by its own time.
  [[nodiscard]] std::vector<size_t> short_of_target(std::span<const size_t> members, size_t baseline) const;
  // In how many blocks it was visited.
  [[nodiscard]] int blocks(size_t who) const;
  // Blocks in all that `who` will have had when it settles, if its half-width shrinks with the square root of
  // their number: a guess. Absent while there is no half-width.
  [[nodiscard]] std::optional<int> blocks_needed(size_t who, size_t baseline) const;

 private:
  [[nodiscard]] double aim() const { return stats::kAim * target_; }

  double target_;
  std::vector<std::vector<stats::VisitSamples>> visits_;
  std::vector<bool> out_;
};

}  // namespace assay::measure
