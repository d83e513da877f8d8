// Which revision of Assay this program was built from.
#pragma once

#include <optional>
#include <string>

namespace assay::cli {

// "0123456789ab", with "+changes" when the sources differed from it; absent when they were no checkout.
[[nodiscard]] std::optional<std::string> revision();

}  // namespace assay::cli
