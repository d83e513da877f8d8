// Who is compared with whom. Times are only compared between contestants whose answers are of one class: a
// cell has a ranking of the `exact` ones, one of the `f32-fast`, one of the `reduced`, one of the
// `quantised`, each with its own baseline and its own fastest. What failed, is wrong or was not checked is in
// none.
#pragma once

#include <span>
#include <vector>

#include "decide/summary.h"

namespace assay::decide {

// Whether answers with this verdict are of a class, so that their times may be measured and compared.
[[nodiscard]] bool is_class(record::Verdict verdict);

// Whether it has a place in a ranking: it has a time, nothing failed, and its answers are of a class.
[[nodiscard]] bool is_ranked(const Summary& summary);

// Those with a place, as positions in the cell: a list for each class that there is, `exact` first, in
// it by median, fastest first.
[[nodiscard]] std::vector<std::vector<size_t>> rankings(std::span<const Summary> cell);

// All in the order in which they are shown: the rankings one after the other, by place, who has the same by
// median, who has none last; then the rest in their order.
[[nodiscard]] std::vector<size_t> ranking(std::span<const Summary> cell);

// Before there are times: who is to be measured with whom, by the verdicts of the cold launches, as positions
// in them. A list for each class that there is, `exact` first; the first of a list is what the others of it
// are measured against. Who is of no class is in none and must not be measured.
[[nodiscard]] std::vector<std::vector<size_t>> comparable_groups(std::span<const record::Verdict> verdicts);

}  // namespace assay::decide
