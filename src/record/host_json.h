// The facts of a machine as JSON text, as the store keeps them and as reports print them.
#pragma once

#include <string>
#include <string_view>

#include "record/measurement.h"

namespace assay::record {

[[nodiscard]] std::string host_to_json(const Host& host);
// Fields that are missing stay empty, as older versions did not write them all; everything does where one is
// of another type, for then it is no text of ours.
[[nodiscard]] Host host_from_json(std::string_view text);

}  // namespace assay::record
