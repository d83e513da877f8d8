// An advice in words, as a table, as a block to paste, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/advice.h"
#include "report/table.h"

namespace assay::report {

// What was asked, for the words.
struct AdviceQuestion {
  record::Cell cell;
  decide::Goal goal = decide::Goal::latency;
  double margin = stats::kMargin;
};

// Position in `eligible` of who is advised: the first of the first place. Absent: nobody qualifies.
[[nodiscard]] std::optional<size_t> advised(const decide::Advice& advice);

// The choice and how sure it is, in sentences: who is equal to it or not told apart, and which run would
// decide that; where nobody is left, what ruled most of them out.
[[nodiscard]] std::vector<std::string> advice_sentences(const decide::Advice& advice,
                                                        const AdviceQuestion& question);

// Those that are not dominated, the choice first.
[[nodiscard]] Table advice_table(const decide::Advice& advice);

// Every candidate, for CSV: those that qualify by place, then those that were ruled out, and by what.
[[nodiscard]] Section advice_section(const decide::Advice& advice, const AdviceQuestion& question);

// "NAME: by what", each of those that were ruled out.
[[nodiscard]] std::vector<std::string> ruled_out_lines(const decide::Advice& advice);

// A few lines for an issue or a chat: machine, versions, figures with intervals, and the command that repeats
// it.
[[nodiscard]] std::string advice_to_paste(const decide::Advice& advice, const AdviceQuestion& question);

// All of these for a reader, as "text" or "markdown"; with the frameworks that nothing is stored of.
[[nodiscard]] std::string advice_text(const decide::Advice& advice, const AdviceQuestion& question,
                                      const std::vector<std::string>& not_tested, std::string_view format);

[[nodiscard]] std::string advice_json(const decide::Advice& advice, const AdviceQuestion& question);

}  // namespace assay::report
