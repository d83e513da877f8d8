// Comparing two results wherever they were measured: beside each other in one run, in two runs of one
// machine, or on two machines. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "record/measurement.h"
#include "stats/compare.h"

namespace assay::decide {

// A result and the run it is of; not owned.
struct Measured {
  const record::ContestantResult* result = nullptr;
  const record::Run* run = nullptr;
};

// How the ratio came about, best first.
enum class Pairing {
  rounds,   // paired within the rounds of one run
  control,  // of two runs, each ratio paired with a contestant that both runs have
  times,    // of two runs with nothing in common: the times themselves
};
[[nodiscard]] std::string_view name(Pairing pairing);  // "rounds", "control", "times"

struct Across {
  stats::Estimate ratio;  // one's time / the other's
  Pairing pairing = Pairing::rounds;
  std::string control;  // the contestant that both runs have, with `control`
};

// Absent when the two have nothing to be compared by: no time, or different cells. Of different machines, or
// with different numbers of threads, the times are compared. A control is the same contestant of the same
// version, run from the same files, in the same cell of both runs, whose answers are of a class; of several
// the one with most rounds: taking the narrowest interval would take it for its luck.
[[nodiscard]] std::optional<Across> compare_across(const Measured& one, const Measured& other);

// Whether two runs were on one machine, as far as the store knows: name, processor and its design.
[[nodiscard]] bool same_machine(const record::Host& one, const record::Host& other);

// Whether a result tells something of its contestant: a time, a wrong answer or a failure of its own. One of
// a run that was interrupted, or could not set the framework up, does not, and hides no older one that does.
[[nodiscard]] bool says_something(const record::ContestantResult& result);

// The visits of a result whose steps run in parts, with the times in milliseconds of the first part of each
// step, or of a further part as the mean of those of a step; empty for other results.
enum class Part : uint8_t { first, further };
[[nodiscard]] std::vector<stats::VisitSamples> part_samples_ms(const record::ContestantResult& result,
                                                               Part part);

// The visits of a result with a step's times in milliseconds, in the form that comparisons take.
[[nodiscard]] std::vector<stats::VisitSamples> samples_ms(const record::ContestantResult& result);

}  // namespace assay::decide
