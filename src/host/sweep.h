// Reading a buffer as fast as the CPU can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::host {

// Bytes that a sweep reads in ascending order before it goes on to the next stretch, up or down.
inline constexpr size_t kStretchBytes = 4096;

// Reads every byte of `data`, whose size is a multiple of kStretchBytes and which is aligned to 64 bytes,
// stretch by stretch, upwards or downwards. Returns a number that depends on all of them.
uint64_t sweep(std::span<const std::byte> data, bool upwards);

}  // namespace assay::host
