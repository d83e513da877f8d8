// The facts of a machine as JSON text, as the store keeps them and as reports print them.
#pragma once

#include <string>
#include <string_view>

#include "record/measurement.h"

namespace assay::record {

[[nodiscard]] std::string host_to_json(const Host& host);
// Fields that are missing or of another type stay empty.
[[nodiscard]] Host host_from_json(std::string_view text);

}  // namespace assay::record
