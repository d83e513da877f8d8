// Who comes when, with which input set, how often: the plan of the blocks, drawn from a seed. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/random.h"

namespace assay::measure {

// `rounds` spread over `blocks` as evenly as possible, the earlier ones taking what is left over: 10 over 3
// is 4, 3, 3. Blocks without a round are left out.
[[nodiscard]] std::vector<int> rounds_of_blocks(int rounds, int blocks);

// 0 .. count-1 in random order.
[[nodiscard]] std::vector<size_t> shuffled(size_t count, stats::Random& random);

// How `steps` timed steps of about `step_ns` are asked for: in requests of random lengths that add up to so
// many. Steps of kSingleStepNs and more come one a request, so that the core clocks each; shorter ones in
// requests of about kRequestNs, of which at least one is a single step. Which step is the last of its request
// cannot be known from the inputs.
inline constexpr double kSingleStepNs = 20e6;
inline constexpr double kRequestNs = 60e6;
[[nodiscard]] std::vector<int> request_lengths(int steps, double step_ns, stats::Random& random);

// Timed steps of a visit: as many as fill `visit_s`, within the bounds; of very slow steps fewer than
// `least`, as many as fit into kLongVisitSeconds, at least one.
inline constexpr double kLongVisitSeconds = 10;
[[nodiscard]] int steps_of_visit(double step_ns, double visit_s, int least, int most);

// Blocks that share a budget of `time_s` when the launches of each take `launch_s` and a round `round_s`: as
// many as leave the rounds of each half as long as its launches, and as all together need for the pairs of an
// interval; at least two, at most `most`. A block more tells about one more launch, a round more costs none.
[[nodiscard]] int blocks_within(double time_s, double launch_s, double round_s, int most);

// Which contestants are so slow that the others would wait for them: the least they need
// (kLeastStepsOfABlock) takes more than half of the budget, and kSlowFactor times as long as the quickest. A
// step whose time is absent is not known to be slow. Without a budget nobody is.
inline constexpr int kLeastStepsOfABlock = 12;  // warm-up of slow steps, two visits with their step to wake
inline constexpr double kSlowFactor = 4;
[[nodiscard]] std::vector<bool> slow_contestants(std::span<const std::optional<double>> step_s,
                                                 std::optional<double> budget_s, int blocks);

// Groups of contestants that fit into memory together. The first contestant is the baseline and belongs to
// every group; one that does not fit beside it is a group alone. Absent peaks count as nothing. With
// everything fitting: one group of all.
[[nodiscard]] std::vector<std::vector<size_t>> groups_in_memory(std::span<const std::optional<int64_t>> peaks,
                                                                int64_t limit_bytes);

// Whether the runner's clock and the core's agree: the sum of the samples differs from the batch by no more
// than 1 ms or 1 %, and 1 us a step for the loop. Time that others took (`excused_share` of the batch,
// record/disturbance.h) may be missing from the samples as well, for then the core itself woke up late. That
// makes nobody faster: what is compared is bounded by the core's clock (record/step_times.h). More than what
// passed can never be claimed.
[[nodiscard]] bool clocks_agree(std::span<const int64_t> samples_ns, int64_t batch_ns,
                                double excused_share = 0);

}  // namespace assay::measure
