// Reading a buffer as fast as the CPU can, in orders that no compiler changes: each cache line is loaded by
// instructions of our own, and instructions that are volatile keep their order. A compiler that unrolls and
// reorders such a loop halves what a machine seems to reach, since prefetchers follow addresses as they come.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "host/read_order.h"

namespace assay::host {

struct alignas(kLineBytes) Line {
  std::byte bytes[kLineBytes];
};

// One way of reading every line of a part once. `lines` has a multiple of kStretchLines; `backwards` is for
// the way back of those that go to and fro.
struct ReadKernel {
  std::string_view name;  // "ascending", "streams-4", "prefetch-4k", "to-and-fro"
  void (*read)(std::span<const Line> lines, bool backwards);
};

// All of them, with the widest loads that this CPU has, and with half as wide ones where these may do better;
// "ascending" is the first.
[[nodiscard]] std::span<const ReadKernel> read_kernels();

// The same by loads that every CPU has, which are used where no others are known.
[[nodiscard]] std::span<const ReadKernel> portable_read_kernels();

// The loads of read_kernels(): "avx512", "avx2", "sse2", "portable".
[[nodiscard]] std::string_view read_loads();

// The kernel of that name among read_kernels(); null when there is none.
[[nodiscard]] const ReadKernel* read_kernel(std::string_view name);

}  // namespace assay::host
