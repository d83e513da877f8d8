// What a document says of each cell as a whole (docs/json.md): the answer, and every comparison.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "decide/summary.h"

namespace assay::report {

[[nodiscard]] nlohmann::ordered_json cell_json(std::span<const decide::Summary> cell);

}  // namespace assay::report
