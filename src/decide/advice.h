// Which contestant to take on one machine for one model, from everything that was measured there: who meets
// the constraints, who of them is best for a goal, how sure that is, and who is not dominated. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/across.h"
#include "decide/places.h"

namespace assay::decide {

// What the time, or another figure, is wanted small for.
enum class Goal { latency, throughput, training, chat, start, size };
[[nodiscard]] std::string_view name(Goal goal);  // "latency", ...
[[nodiscard]] std::optional<Goal> goal_from_name(std::string_view text);
// The workload whose results answer it: "latency", "inference", "training" or, of a chat, "generate"; start
// and size are asked of "inference".
[[nodiscard]] std::string_view workload_of(Goal goal);

// What must hold; absent: anything goes.
struct Constraints {
  std::optional<double> latency_ms;  // a step, at its 95th percentile where that is known, else the median
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> footprint_bytes;
  std::optional<double> start_s;        // cold
  std::optional<std::string> language;  // of the framework's users, as framework.toml has it, in any case
  bool exact = false;                   // answers of the class `exact` only
};

// One who can be advised or not: its newest result that counts.
struct Candidate {
  Measured measured;
  std::string language;                // of its framework; empty: not known
  std::vector<std::string> ruled_out;  // by what, a few words each; empty: it meets the constraints
};

// The figures that an advice weighs; absent where they are not known.
struct Figures {
  std::optional<double> time_ms, p95_ms, start_s, error;   // error as a multiple of float32 rounding
  std::optional<double> first_token_ms, further_token_ms;  // of a request that is answered token by token
  std::optional<int64_t> memory_bytes, footprint_bytes;
};
[[nodiscard]] Figures figures_of(const record::ContestantResult& result);

struct Advice {
  std::vector<Candidate>
      candidates;                // of one class those that meet the constraints by place, then the others
  std::vector<size_t> eligible;  // positions of those that meet them, best first
  std::vector<Pair> pairs;       // of eligible ones, as positions in `eligible`; for start and size: none
  std::vector<Place> places;     // of the eligible, in their order
  std::vector<size_t> front;  // positions in `eligible` of who is not dominated in time, memory, start, size
                              // and accuracy together: nobody is at least as good in all and better in one
};

// Weighs the candidates; each belongs to the workload of the goal, one model, one machine. Only those of the
// most exact class that somebody eligible is in are eligible.
[[nodiscard]] Advice advise(std::vector<Candidate> candidates, Goal goal, const Constraints& constraints,
                            double margin = stats::kMargin);

}  // namespace assay::decide
