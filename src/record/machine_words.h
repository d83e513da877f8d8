// What a machine is called where results of several may stand beside each other: its processor, and behind it
// its GPUs, since a result on a GPU says little by the processor.
#pragma once

#include <string>

#include "record/measurement.h"

namespace assay::record {

// "AMD EPYC", "Intel(R) Xeon(R) Processor with NVIDIA H100 80GB HBM3 x 2". As the record has it: not cleaned
// for a terminal.
[[nodiscard]] std::string machine_words(const Host& host);

}  // namespace assay::record
