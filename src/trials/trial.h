// Trials of the gate: a contestant answers both input sets once, untimed, and is judged; first on the honest
// graph, then on graphs with a mistake in them (mutants/), in the place of a runner that makes it. One
// process serves all mutants of a workload, or the honest graphs of all cells: starting a framework takes
// longer than answering. What a framework compiles is kept for the next trials; nothing is stored.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mutants/mutants.h"
#include "session/contestant_run.h"
#include "session/prepared_cell.h"
#include "verify/gate.h"

namespace assay::trials {

struct Trial {
  std::string mutant;                      // empty: the honest graph
  bool by_hash = false;                    // only the hash is promised to tell
  std::string graph_hash;                  // of the graph that the runner was given
  std::optional<record::Failure> failure;  // then there is no judgement
  verify::Judgement judgement;

  // The gate refused the answers. A contestant that gave none was not refused: nobody knows what the gate
  // would have said.
  [[nodiscard]] bool wrong() const {
    return !failure && judgement.accuracy.verdict == record::Verdict::wrong;
  }
};

// What the trials show of the gate, in the order of an exit code's importance.
enum class Finding { failed, not_answered, held };

// `failed`: an honest graph's answers were refused, or a mutant's passed (but for those that only the hash
// can tell). `not_answered`: a contestant failed on the honest graph, but for what it cannot do, or gave no
// answer to a mutant, whatever the reason.
[[nodiscard]] Finding finding(const Trial& trial);

// The honest graph, then every mutant that the workload has a place for, then the honest graph once more,
// which shows that nothing of a mutant stayed in the process. Mutants are left out for a variant that is
// given a model form of its own (GGUF) instead of the graph. Fails as Assay itself does.
[[nodiscard]] Result<std::vector<Trial>> try_out(const setup::ContestantSpec& contestant,
                                                 session::PreparedCell& cell,
                                                 std::span<const mutants::Mutant> mutants,
                                                 session::RunContext& context);

using Tell = std::function<void(const session::PreparedCell& cell, const Trial& trial)>;

// The honest graph of each cell that the contestant takes part in, in one process as long as it lives; `tell`
// hears of each as it is done. Fails as Assay itself does.
[[nodiscard]] Result<> try_each(const setup::ContestantSpec& contestant,
                                std::span<session::PreparedCell> cells, session::RunContext& context,
                                const Tell& tell);

}  // namespace assay::trials
