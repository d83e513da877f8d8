// The page of `assay report`: the template web/report.html with the results in it (web/README.md).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace assay::report {

// The template with a JSON text as its data: as it is where it is small, else through gzip and base64.
// Nothing in the data can become markup. Fails (data) when the template has no place for data, (environment)
// when there is no memory to pack it.
[[nodiscard]] Result<std::string> filled_page(std::string_view page_template, std::string_view json);

// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace assay::report
