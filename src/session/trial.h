// Trials of the gate: a contestant answers both input sets once, untimed, and is judged; first on the honest
// graph, then on graphs with a mistake in them (mutants/), in the place of a runner that makes it. One
// process serves all graphs of a workload. Nothing is stored.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mutants/mutants.h"
#include "session/cell.h"
#include "session/lane.h"
#include "verify/gate.h"

namespace assay::session {

struct Trial {
  std::string mutant;                      // empty: the honest graph
  bool by_hash = false;                    // only the hash is promised to tell
  std::string graph_hash;                  // of the graph that the runner was given
  std::optional<record::Failure> failure;  // then there is no judgement
  verify::Judgement judgement;

  // The gate refused the answers.
  [[nodiscard]] bool wrong() const {
    return !failure && judgement.accuracy.verdict == record::Verdict::wrong;
  }
};

// The honest graph, then every mutant that the workload has a place for, then the honest graph once more,
// which shows that nothing of a mutant stayed in the process. Mutants are left out for a variant that is
// given a model form of its own (GGUF) instead of the graph. Fails as Assay itself does.
[[nodiscard]] Result<std::vector<Trial>> try_out(const setup::Selection& selection, Cell& cell,
                                                 std::span<const mutants::Mutant> mutants, Context& context);

}  // namespace assay::session
