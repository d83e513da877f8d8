// The monotonic clock. Nanoseconds since an arbitrary start; differences are what counts.
#pragma once

#include <chrono>
#include <cstdint>

namespace assay {

[[nodiscard]] inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace assay
