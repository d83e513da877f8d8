// The inputs of steps, handed to one process: every set has a number, and no number is given to a contestant
// twice. The core writes them to a file outside every clock; the runner reads it and it is gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "measure/launched_runner.h"

namespace assay::measure {

// What can make the input sets of a cell.
struct InputSource {
  // Writes the sets of these numbers, stacked, to a safetensors file.
  std::function<Result<>(const std::filesystem::path& path, std::span<const uint64_t> numbers)> write;
  int64_t set_bytes = 0;
};

// Sets 0 and 1 are the workload's own, for the cold launch, whose truths are kept from run to run. All others
// are drawn anew in each run: first those that everyone is judged by, a few for each block, then those that a
// contestant gets in its turn, one after another over all its launches. They are numbered without gaps, since
// a step with one token has no more sets than there are tokens.
inline constexpr uint64_t kOwnSets = 2, kQuestionsNumbered = 8, kFirstFresh = 4096, kColdSets = 64;
[[nodiscard]] constexpr uint64_t judged_number(int block, int slot) {
  return kOwnSets + static_cast<uint64_t>(block) * kQuestionsNumbered + static_cast<uint64_t>(slot);
}

// A file of inputs is no larger than this, unless single sets are.
inline constexpr int64_t kMostInputBytes = int64_t{64} << 20;

// So long may a runner take to read a file of inputs: 5 ms, 20 us a set, and 4 ns a byte (250 MB/s). What it
// takes beyond is work that belongs to the steps.
[[nodiscard]] int64_t ahead_ns(int64_t read_ns, int sets, int64_t bytes);

class Feed {
 public:
  // Files are made in `folder`, which the process can read.
  Feed(const InputSource& source, std::filesystem::path folder, uint64_t first)
      : source_(&source), folder_(std::move(folder)), next_(first) {}

  struct Fed {
    int64_t handed_ns = 0;  // writing and reading
    int64_t ahead_ns = 0;   // of the reading, what is work
  };
  // Sets that never came before; set number `judged` at place `at` among them.
  struct Judged {
    int at = 0;
    uint64_t number = 0;
  };
  [[nodiscard]] Attempt<Fed> give(LaunchedRunner& runner, int sets,
                                  std::optional<Judged> judged = std::nullopt);
  // That set alone.
  [[nodiscard]] Attempt<Fed> give_one(LaunchedRunner& runner, uint64_t number);
  // The first number that was not given yet.
  [[nodiscard]] uint64_t next() const { return next_; }

 private:
  [[nodiscard]] Attempt<Fed> hand_over(LaunchedRunner& runner, std::span<const uint64_t> numbers);

  const InputSource* source_;
  std::filesystem::path folder_;
  uint64_t next_;
};

}  // namespace assay::measure
