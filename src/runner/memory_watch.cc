#include "runner/memory_watch.h"

#include <algorithm>

#include "base/clock.h"
#include "host/host.h"

namespace assay::runner {
namespace {

constexpr int64_t kMemoryIntervalNs = 250'000'000;
constexpr int64_t kIntervalOfCost = 200;  // times what a look cost

}  // namespace

MemoryWatch::MemoryWatch(const Tree& tree, std::optional<int64_t> limit_bytes)
    : tree_(tree),
      limit_bytes_(limit_bytes.value_or(INT64_MAX)),
      machine_bytes_(limit_bytes ? host::this_machine().memory_bytes.value_or(0) : 0),
      due_ns_(limit_bytes ? now_ns() + kMemoryIntervalNs : INT64_MAX) {}

std::optional<int64_t> MemoryWatch::excess_bytes() {
  const int64_t begun_ns = now_ns();
  const auto used = look();
  const int64_t done_ns = now_ns();
  due_ns_ = done_ns + std::max(kMemoryIntervalNs, kIntervalOfCost * (done_ns - begun_ns));
  if (!used || *used <= limit_bytes_) return std::nullopt;
  return used;
}

std::optional<int64_t> MemoryWatch::look() const {
  const auto available = host::available_memory_bytes();
  if (machine_bytes_ > 0 && available && machine_bytes_ - *available <= limit_bytes_) return std::nullopt;
  return tree_.usage().anonymous_bytes;
}

}  // namespace assay::runner
