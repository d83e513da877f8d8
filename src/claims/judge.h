// Whether what was measured bears a claim out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "claims/claim.h"
#include "decide/across.h"

namespace assay::claims {

// A result that may tell something, and the language of its framework's users.
struct Evidence {
  decide::Measured measured;
  std::string language;
};

enum class Status {
  confirmed,   // by all that was measured
  refuted,     // by all that was measured
  partly,      // by some, and refuted by others
  undecided,   // the intervals hold the factor
  not_tested,  // no results of it; `needs` says what they would take
};
[[nodiscard]] std::string_view name(Status status);  // "confirmed", ..., "not tested here"

// What one comparison or figure says.
struct Figure {
  std::string text;                 // who, where, how much
  Status says = Status::undecided;  // confirmed, refuted or undecided
};

struct Judgement {
  Status status = Status::not_tested;
  std::vector<Figure> figures;
  std::string needs;  // with not_tested
};

// Of every machine, cell and number of threads by itself; of each contestant the newest results should be
// given.
[[nodiscard]] Judgement judge(const Claim& claim, const std::vector<Evidence>& evidence);

}  // namespace assay::claims
