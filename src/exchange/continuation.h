// How two states of one run, under the same id, stand to each other. A run only ever grows: it gets more
// visits and results, and what is said again (a verdict after more answers, the launch of a contestant that
// had only begun) is said newly.
#pragma once

#include "record/measurement.h"

namespace assay::exchange {

enum class Relation {
  same,       // nothing differs
  goes_on,    // the other has all that this one has, and more
  came_from,  // the other is what this one was before
  differs,    // they are not of one run
};

// How `other` stands to `run`.
[[nodiscard]] Relation relation(const record::Run& run, const record::Run& other);

}  // namespace assay::exchange
