// A sweep over the sizes of requests in one table: each contestant's rate at every size. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "decide/sweep.h"
#include "report/table.h"

namespace assay::report {

// Contestants down, sizes across; in each place tokens (or whatever a step counts) a second, or why there is
// none. Who is the fastest of its class there is marked with a star.
[[nodiscard]] Table sweep_table(const decide::Sweep& sweep);

// All of a run's sweeps with their headings; empty where there is none. `format` as formatted().
[[nodiscard]] std::string sweeps_text(const record::Run& run, std::span<const decide::Summaries> cells,
                                      std::string_view format);

[[nodiscard]] nlohmann::ordered_json sweep_json(const decide::Sweep& sweep);
[[nodiscard]] nlohmann::ordered_json request_json(const record::Request& request);

}  // namespace assay::report
