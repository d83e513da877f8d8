// Generated data, the same bits on every machine: a counter-based generator keyed by a name and a seed.
// Integer arithmetic and one correctly rounded float32 multiplication; no libm, nothing a compiler may
// contract.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tensor/tensor.h"

namespace assay::tensor {

// Float32 noise: mean + std * n, where n is bounded (|n| < 3.5), symmetric, of zero mean and unit variance (a
// sum of four uniform 16-bit integers, Irwin-Hall).
[[nodiscard]] Tensor generate_noise(std::string_view name, uint64_t seed, const Shape& shape, double mean,
                                    double std);

// The same with mean 0 and deviation 1, into memory that is there.
void fill_noise(std::span<float> target, std::string_view name, uint64_t seed);

// int64 uniform in [0, limit).
[[nodiscard]] Tensor generate_indices(std::string_view name, uint64_t seed, const Shape& shape,
                                      int64_t limit);
void fill_indices(std::span<int64_t> target, std::string_view name, uint64_t seed, int64_t limit);

}  // namespace assay::tensor
