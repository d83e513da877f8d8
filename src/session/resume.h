// Going on with a run that was interrupted: what of it can be kept.
#pragma once

#include "session/session.h"

namespace assay::session {

// Whether this program, on this machine, may go on with the stored run. Fails (usage) with what differs.
[[nodiscard]] Result<> check_resumable(const record::Run& stored, const Request& request);

// What the run to be resumed has of that contestant and cell; null: nothing, or no run is resumed.
[[nodiscard]] const record::ContestantResult* stored_result(const Request& request,
                                                            const record::Contestant& contestant,
                                                            const record::Cell& cell);

// Fails (usage) when the entry's runner was given something else than `now`.
[[nodiscard]] Result<> check_same(const record::ContestantResult& stored, const record::Provenance& now);

// Rounds of the entry that count: undisturbed visits.
[[nodiscard]] int rounds_done(const record::ContestantResult& entry);
// The number that follows those of the entry's blocks.
[[nodiscard]] int next_block(const record::ContestantResult& entry);

}  // namespace assay::session
