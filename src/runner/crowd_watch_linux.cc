#include <fstream>
#include <string>

#include "base/clock.h"
#include "runner/crowd_watch.h"

namespace assay::runner {
namespace {

constexpr int64_t kCrowdIntervalNs = 250'000'000;

// Threads of the whole machine, the dead that are not reaped among them.
int64_t machine_threads() {
  std::ifstream file("/proc/loadavg");  // "0.20 0.18 0.12 1/80 11206": running and all
  std::string skipped;
  int64_t running = 0, all = 0;
  char slash = 0;
  file >> skipped >> skipped >> skipped >> running >> slash >> all;
  return all;
}

}  // namespace

CrowdWatch::CrowdWatch(const Tree& tree, const ControlGroup& group, int most)
    : tree_(tree),
      group_(group),
      most_(most),
      machine_at_start_(machine_threads()),
      due_ns_(now_ns() + kCrowdIntervalNs) {}

std::optional<int> CrowdWatch::excess() {
  due_ns_ = now_ns() + kCrowdIntervalNs;
  if (machine_threads() - machine_at_start_ < most_ / 2) return std::nullopt;
  const auto threads = tree_.processors().threads;  // reaps what it finds dead
  if (!threads || *threads <= most_) return std::nullopt;
  return threads;
}

}  // namespace assay::runner
