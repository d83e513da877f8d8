// When a contestant is warm: a rule on the times of its first steps, the same for everyone.
//
// The newest steps are seen through two windows of equal length, an older and a newer one. The contestant is
// steady when their medians agree within 2 %, or within what the scatter of the steps (of the calmer window)
// explains. A window is at least four steps and a quarter of a second long; of slow steps, two that last two
// seconds are enough. Medians let single spikes pass; a ramp or a step keeps the windows apart until it
// lies behind them; a contestant that jumps between two modes has so wide a scatter that the windows agree,
// which is right: that is how it runs.
#pragma once

#include <cstdint>
#include <span>

namespace assay::measure {

inline constexpr double kSteadyTolerance = 0.02;
inline constexpr double kSteadyScatter = 2;  // standard errors of the difference of two medians
inline constexpr size_t kLeastWindowSteps = 4;
inline constexpr double kLeastWindowNs = 0.25e9;
inline constexpr size_t kLeastSlowSteps = 2;
inline constexpr double kSlowWindowNs = 2e9;
// A contestant is given up as unsteady only after this many steps, or so long a time.
inline constexpr size_t kLeastWarmUpSteps = 24;
inline constexpr double kMostWarmUpSeconds = 300;

// Whether the series of step times, oldest first, ends steady.
[[nodiscard]] bool steady(std::span<const int64_t> samples_ns);

// How many steps to ask for next during warm-up: about a quarter of a window's time, at least one, at most
// `most`.
[[nodiscard]] int next_warm_up_steps(std::span<const int64_t> samples_ns, int most);

}  // namespace assay::measure
