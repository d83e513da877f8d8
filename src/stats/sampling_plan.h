// How much is measured before anyone looks: what measure/measure.h does, and what the simulations assume that
// the intervals are held to (stats/simulated_launches.h).
#pragma once

namespace assay::stats {

inline constexpr double kTarget = 0.03;     // relative half-width that is wanted
inline constexpr int kFewestBlocks = 5;     // fewer launches tell too little about the next one
inline constexpr int kRoundsOfABlock = 12;  // the launches of a block take a third of its time

}  // namespace assay::stats
