// What several results of a run say together: tables over the sizes of requests and over numbers of threads.
#pragma once

#include <span>
#include <string_view>

#include "decide/summary.h"

namespace assay::cli {

// On standard output, nothing where there is no axis. `format` as report::formatted().
void print_axes(const record::Run& run, std::span<const decide::Summaries> cells, std::string_view format);

}  // namespace assay::cli
