// How the same contestant does with several numbers of threads, and with which of them best. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "report/table.h"

namespace assay::report {

// One variant of a framework on the CPU, of which a cell has several counts.
struct ThreadCounts {
  std::string contestant;                                    // "sample/eager"
  std::vector<std::pair<int, const decide::Summary*>> runs;  // by threads, ascending
  int best = 0;                                              // the count of the least time; 0: none has one
  std::vector<int> not_told_apart;                           // counts that may be as good
};

// `threads` is what the run gave those whose device says none.
[[nodiscard]] std::vector<ThreadCounts> thread_counts(std::span<const decide::Summary> cell, int threads);

// Contestants down, counts across, the best in a column of its own; empty where nobody has several counts.
[[nodiscard]] Table thread_table(std::span<const decide::Summary> cell, int threads);

[[nodiscard]] nlohmann::ordered_json thread_json(std::span<const decide::Summary> cell, int threads);

}  // namespace assay::report
