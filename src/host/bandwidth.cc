#include "host/bandwidth.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstring>
#include <new>
#include <thread>

#include "base/clock.h"
#include "host/huge_pages.h"
#include "host/memory_levels.h"
#include "host/sweep.h"

namespace assay::host {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr int64_t kBatchNs = 2'000'000;  // sweeps that are timed together take about this long
constexpr int kLeastBatches = 3;
constexpr int kMostSweeps = 1 << 20;
constexpr int64_t kSmallest = 16 << 10;  // a thread's part of the smallest working set
constexpr int64_t kLeastBehind = int64_t{256} << 20;

// One thread's memory, touched by that thread first.
class Part {
 public:
  explicit Part(size_t bytes)
      : bytes_(bytes), data_(static_cast<std::byte*>(::operator new(bytes, kAlignment, std::nothrow))) {
    if (data_ == nullptr) return;
    prefer_huge_pages(data_, bytes);
    std::memset(data_, 1, bytes);
  }
  ~Part() { ::operator delete(data_, kAlignment); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  [[nodiscard]] bool missing() const { return data_ == nullptr; }
  [[nodiscard]] std::span<const std::byte> first(size_t bytes) const {
    return {data_, std::min(bytes, bytes_)};
  }

 private:
  static constexpr std::align_val_t kAlignment{kHugePage};
  size_t bytes_;
  std::byte* data_;
};

// Threads that read working sets together, each from its own part.
class Readers {
 public:
  Readers(int threads, size_t part_bytes) : gate_(threads + 1) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, part_bytes] { work(part_bytes); });
    gate_.arrive_and_wait();  // every part is touched
  }
  ~Readers() {
    job_ = {};
    gate_.arrive_and_wait();
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  [[nodiscard]] bool failed() const { return failed_; }

  // Bytes of all parts a second, the best batch.
  double best_rate(size_t part_bytes, double seconds) {
    job_ = {part_bytes, 1};
    int64_t best_ns = best_batch_ns();  // loads the caches, too
    // One sweep of a small set takes less than the way through the gates, so their number cannot be told from
    // one.
    while (best_ns < kBatchNs && job_.sweeps < kMostSweeps) {
      job_.sweeps *= 2;
      best_ns = best_batch_ns();
    }
    const int64_t end_ns = now_ns() + static_cast<int64_t>(seconds * 1e9);
    while (now_ns() < end_ns) best_ns = std::min(best_ns, batch_ns());
    const double bytes = static_cast<double>(part_bytes) * static_cast<double>(threads_.size()) * job_.sweeps;
    return bytes / static_cast<double>(best_ns) * 1e9;
  }

 private:
  struct Job {
    size_t part_bytes = 0;  // 0: the end
    int sweeps = 0;
  };

  int64_t batch_ns() {
    const int64_t start_ns = now_ns();
    gate_.arrive_and_wait();
    gate_.arrive_and_wait();
    return std::max<int64_t>(1, now_ns() - start_ns);
  }

  int64_t best_batch_ns() {
    int64_t best_ns = batch_ns();
    for (int batch = 1; batch < kLeastBatches; ++batch) best_ns = std::min(best_ns, batch_ns());
    return best_ns;
  }

  void work(size_t bytes) {
    const Part part(bytes);
    if (part.missing()) failed_ = true;
    gate_.arrive_and_wait();
    bool upwards = true;
    for (;;) {
      gate_.arrive_and_wait();
      const Job job = job_;
      if (job.part_bytes == 0) return;
      for (int i = 0; i < job.sweeps && !part.missing(); ++i, upwards = !upwards)
        seen_ ^= sweep(part.first(job.part_bytes), upwards);
      gate_.arrive_and_wait();
    }
  }

  std::barrier<> gate_;
  Job job_;  // written while all wait at the gate
  std::atomic<uint64_t> seen_ = 0;
  std::atomic<bool> failed_ = false;
  std::vector<std::jthread> threads_;
};

// Whole stretches, at least one.
int64_t part_of(int64_t bytes, int threads) {
  constexpr auto kStretch = static_cast<int64_t>(kStretchBytes);
  return std::max<int64_t>(1, bytes / threads / kStretch) * kStretch;
}

// The working set that is read for each level.
std::vector<int64_t> level_sizes(const std::vector<record::MemoryLevel>& levels, int64_t memory_bytes) {
  std::vector<int64_t> sizes;
  int64_t behind = kLeastBehind;
  for (const auto& level : levels) {
    if (level.bytes > 0) sizes.push_back(level.bytes / 2);
    behind = std::max(behind, 4 * level.bytes);
  }
  sizes.push_back(memory_bytes > 0 ? std::min(behind, memory_bytes / 4) : behind);
  return sizes;
}

}  // namespace

std::optional<MemoryRates> measure_memory(int threads, int64_t memory_bytes, double seconds) {
  MemoryRates rates{.levels = memory_levels(threads), .bandwidth = {}};
  const auto sizes = level_sizes(rates.levels, memory_bytes);
  Readers readers(threads, static_cast<size_t>(part_of(sizes.back(), threads)));
  if (readers.failed()) return std::nullopt;
  const auto measure = [&](int64_t bytes) {
    const int64_t part = part_of(bytes, threads);
    const double rate = readers.best_rate(static_cast<size_t>(part), seconds);
    rates.bandwidth.push_back({part * threads, rate});
    return rate;
  };
  for (size_t i = 0; i < rates.levels.size(); ++i)
    rates.levels[i].bytes_per_s = measure(std::min(sizes[i], sizes.back()));
  for (int64_t bytes = kSmallest * threads; bytes < sizes.back(); bytes *= 2) measure(bytes);
  std::ranges::sort(rates.bandwidth, {}, &record::Bandwidth::bytes);
  return rates;
}

std::optional<double> read_bandwidth(int64_t bytes, int threads, double seconds) {
  const auto part = static_cast<size_t>(part_of(bytes, threads));
  Readers readers(threads, part);
  if (readers.failed()) return std::nullopt;
  return readers.best_rate(part, seconds);
}

}  // namespace assay::host
