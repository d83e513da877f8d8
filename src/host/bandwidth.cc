#include "host/bandwidth.h"

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "host/memory_levels.h"
#include "host/read_kernels.h"
#include "host/readers.h"

namespace assay::host {
namespace {

constexpr int64_t kBatchNs = 4'000'000;  // sweeps that are timed together take about this long
constexpr int kMostSweeps = 1 << 20;
constexpr size_t kFinalists = 3;         // have the second half of the time to themselves
constexpr int64_t kSmallest = 16 << 10;  // a thread's part of the smallest working set
constexpr int64_t kLeastBehind = int64_t{256} << 20;
constexpr double kBeyondCaches = 3, kBehindAll = 12;  // times as long as for a cache

// Whole stretches, at least one.
int64_t part_of(int64_t bytes, int threads) {
  constexpr auto kStretch = static_cast<int64_t>(kStretchLines * kLineBytes);
  return std::max<int64_t>(1, bytes / threads / kStretch) * kStretch;
}

// A way of reading a working set, and the best that it reached.
struct Contender {
  ReadJob job;
  double rate = 0;
};

// Bytes a second in one batch.
double rate_of(Readers& readers, const ReadJob& job) {
  const double bytes = static_cast<double>(job.part_bytes) * job.threads * job.sweeps;
  return bytes / static_cast<double>(readers.batch_ns(job)) * 1e9;
}

void run(Readers& readers, Contender& contender) {
  contender.rate = std::max(contender.rate, rate_of(readers, contender.job));
}

// One sweep of a small set takes less than it takes threads to begin together.
void calibrate(Readers& readers, Contender& contender) {
  ReadJob& job = contender.job;
  while (readers.batch_ns(job) < kBatchNs && job.sweeps < kMostSweeps) job.sweeps *= 2;
}

// All in turns for half of the time, at least once; then those that did best.
void compete(Readers& readers, std::vector<Contender>& contenders, double seconds) {
  const auto ns = static_cast<int64_t>(seconds * 1e9);
  const int64_t start_ns = now_ns();
  do
    for (auto& each : contenders) run(readers, each);
  while (now_ns() - start_ns < ns / 2);
  std::ranges::stable_sort(contenders, std::greater(), &Contender::rate);
  while (now_ns() - start_ns < ns)
    for (auto& each : std::span(contenders).first(std::min(kFinalists, contenders.size())))
      run(readers, each);
}

record::Bandwidth measure(Readers& readers, std::vector<Contender> contenders, double seconds) {
  for (auto& each : contenders) calibrate(readers, each);
  compete(readers, contenders, seconds);
  record::Bandwidth point;
  for (const auto& [job, rate] : contenders) {
    point.bytes = std::max(point.bytes, static_cast<int64_t>(job.part_bytes) * job.threads);
    point.bytes_per_s = std::max(point.bytes_per_s, rate);
    point.readings.push_back({std::string(job.kernel->name), job.threads, rate});
  }
  return point;
}

// Every kernel with all threads and with one.
std::vector<Contender> everything(int64_t bytes, int threads) {
  const int64_t part = part_of(bytes, threads);
  std::vector<Contender> result;
  for (const auto& kernel : read_kernels()) {
    result.push_back({{&kernel, threads, static_cast<size_t>(part)}});
    if (threads > 1) result.push_back({{&kernel, 1, static_cast<size_t>(part * threads)}});
  }
  return result;
}

// The working set that is read for each level.
std::vector<int64_t> level_sizes(const std::vector<record::MemoryLevel>& levels, int64_t memory_bytes) {
  std::vector<int64_t> sizes;
  int64_t behind = kLeastBehind;
  for (const auto& level : levels) {
    if (!level.bytes) continue;
    sizes.push_back(*level.bytes / 2);
    behind = std::max(behind, 4 * *level.bytes);
  }
  sizes.push_back(memory_bytes > 0 ? std::min(behind, memory_bytes / 4) : behind);
  return sizes;
}

}  // namespace

std::optional<MemoryRates> measure_memory(int threads, int64_t memory_bytes, double seconds) {
  MemoryRates rates{.levels = memory_levels(threads), .bandwidth = {}, .large_pages = {}};
  const auto sizes = level_sizes(rates.levels, memory_bytes);
  const int64_t cached =
      rates.levels.size() > 1 ? rates.levels[rates.levels.size() - 2].bytes.value_or(0) : 0;
  Readers readers(threads, static_cast<size_t>(sizes.back()));
  if (readers.failed()) return std::nullopt;
  rates.large_pages = readers.large_pages();
  const auto add = [&](int64_t bytes, double times) {
    rates.bandwidth.push_back(measure(readers, everything(bytes, threads), times * seconds));
    return rates.bandwidth.back();
  };
  for (size_t i = 0; i < rates.levels.size(); ++i) {
    const bool last = i + 1 == rates.levels.size();
    const auto point = add(std::min(sizes[i], sizes.back()), last ? kBehindAll : 1);
    rates.levels[i].bytes_per_s = point.bytes_per_s;
    rates.levels[i].read_bytes = point.bytes;
  }
  for (int64_t bytes = kSmallest * threads; bytes < sizes.back(); bytes *= 2)
    add(bytes, bytes > cached ? kBeyondCaches : 1);
  std::ranges::sort(rates.bandwidth, {}, &record::Bandwidth::bytes);
  return rates;
}

std::optional<MemoryRates> measure_readings(std::span<const ReadRequest> wanted, double seconds) {
  int threads = 1;
  int64_t most = 0;
  std::vector<int64_t> sizes;
  for (const auto& request : wanted) {
    threads = std::max(threads, request.threads);
    most = std::max(most, request.bytes);
    if (std::ranges::find(sizes, request.bytes) == sizes.end()) sizes.push_back(request.bytes);
  }
  Readers readers(threads, static_cast<size_t>(most));
  if (readers.failed()) return std::nullopt;
  MemoryRates rates{.levels = {}, .bandwidth = {}, .large_pages = readers.large_pages()};
  for (const int64_t bytes : sizes) {
    std::vector<Contender> contenders;
    for (const auto& request : wanted)
      if (const auto* kernel = read_kernel(request.kernel); kernel != nullptr && request.bytes == bytes)
        contenders.push_back(
            {{kernel, request.threads, static_cast<size_t>(part_of(bytes, request.threads))}});
    if (!contenders.empty()) rates.bandwidth.push_back(measure(readers, std::move(contenders), seconds));
  }
  return rates;
}

}  // namespace assay::host
