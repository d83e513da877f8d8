// `assay show RUN --files`: what the footprints of a run count.
#pragma once

#include "base/result.h"
#include "record/measurement.h"

namespace assay::cli {

// For each build that took part: its packages and installed files, grouped and by size, as they are on the
// disk now; and the code that was mapped in the run, by contestant. Text, or one JSON document with every
// file.
[[nodiscard]] Result<> print_files(const record::Run& run, bool json);

}  // namespace assay::cli
