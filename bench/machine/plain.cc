// Reads a working set by the simplest loops there are, for bench/limits to compare Assay's own kernels with:
// every word summed up, and one word of each cache line. It shares no code with Assay, and is compiled by
// itself with -O2. Prints the best rate of each over the time given, in bytes a second:
//
//     plain BYTES THREADS SECONDS
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr size_t kLineWords = 8, kStretchWords = 512;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[gnu::noinline]] uint64_t every_word(const uint64_t* words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

[[gnu::noinline]] uint64_t a_word_of_each_line(const uint64_t* words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i += kLineWords) sum += words[i];
  return sum;
}

using Loop = uint64_t (*)(const uint64_t*, size_t);

// Seconds from when the first thread began until the last had done.
double read(Loop loop, const std::vector<uint64_t*>& parts, size_t count, int sweeps) {
  std::vector<Clock::time_point> began(parts.size()), ended(parts.size());
  const auto work = [&](size_t i) {
    volatile uint64_t seen = 0;
    began[i] = Clock::now();
    for (int sweep = 0; sweep < sweeps; ++sweep) seen = seen + loop(parts[i], count);
    ended[i] = Clock::now();
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < parts.size(); ++i) others.emplace_back(work, i);
  work(0);
  for (auto& other : others) other.join();
  const auto first = *std::min_element(began.begin(), began.end()),
             last = *std::max_element(ended.begin(), ended.end());
  return std::chrono::duration<double>(last - first).count();
}

double best_rate(Loop loop, const std::vector<uint64_t*>& parts, size_t count, double seconds) {
  int sweeps = 1;
  while (read(loop, parts, count, sweeps) < 4e-3 && sweeps < 1 << 20) sweeps *= 2;
  double best = 1e9;
  const auto start = Clock::now();
  do best = std::min(best, read(loop, parts, count, sweeps));
  while (seconds_since(start) < seconds);
  return static_cast<double>(count) * 8 * static_cast<double>(parts.size()) * sweeps / best;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const auto threads = static_cast<size_t>(std::atoi(words[2]));
  const size_t part_words =
      std::max<size_t>(1, std::strtoull(words[1], nullptr, 10) / 8 / threads / kStretchWords) * kStretchWords;
  std::vector<uint64_t*> parts;
  for (size_t i = 0; i < threads; ++i) {
    const size_t bytes = (part_words * 8 + (2 << 20) - 1) >> 21 << 21;
    auto* part = static_cast<uint64_t*>(std::aligned_alloc(2 << 20, bytes));
    if (part == nullptr) return 1;
    madvise(part, bytes, MADV_HUGEPAGE);
    std::memset(part, 1, bytes);
    parts.push_back(part);
  }
  const double seconds = std::atof(words[3]) / 2;
  std::printf("{\"every-word\": %.6g, \"a-word-a-line\": %.6g}\n",
              best_rate(every_word, parts, part_words, seconds),
              best_rate(a_word_of_each_line, parts, part_words, seconds));
}
