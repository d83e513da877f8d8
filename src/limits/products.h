// The highest rates of matrix products, by more than one library: none has the best kernels for every CPU.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/limits.h"

namespace assay::limits {

// What "OpenBLAS" or "oneDNN" reaches in "f32", "f64" or "bf16" with so many threads, in about `seconds`.
// Absent with the reason where the library has no good kernels for the CPU or the type, or is not known.
[[nodiscard]] record::Product product_by(std::string_view library, std::string_view precision, int threads,
                                         double seconds);

// The best of the products of one precision, all of them kept; the reasons of all where none is known.
[[nodiscard]] record::Peak peak_of(std::string precision, std::vector<record::Product> products);

// Every precision by every library that computes in it, each for about `seconds`.
[[nodiscard]] std::vector<record::Peak> measure_peaks(int threads, double seconds);

}  // namespace assay::limits
