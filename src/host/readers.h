// Threads that read one block of memory together, to see how fast that goes.
#pragma once

#include <atomic>
#include <barrier>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "host/read_kernels.h"

namespace assay::host {

// What is read at once: so many threads read `part_bytes` each, so many times.
struct ReadJob {
  const ReadKernel* kernel = nullptr;  // null: the end
  int threads = 0;
  size_t part_bytes = 0;  // a multiple of kStretchLines lines
  int sweeps = 1;
};

class Readers {
 public:
  // Takes memory of at least so many bytes, in large pages where it can, and has each of the threads touch
  // its own share first, so that it lies near it.
  Readers(int threads, size_t bytes);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // So much memory could not be had: nothing may be read.
  [[nodiscard]] bool failed() const { return memory_ == nullptr; }
  [[nodiscard]] int threads() const { return static_cast<int>(threads_.size()); }
  // Share of the memory in large pages, as the system says; absent where it does not.
  [[nodiscard]] std::optional<double> large_pages() const;

  // From when the first thread began to read until the last had done, at least 1. Each of several threads
  // reads the beginning of its own share; one alone reads on through those of the others.
  [[nodiscard]] int64_t batch_ns(const ReadJob& job);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  void work(size_t index);

  size_t share_;
  std::unique_ptr<std::byte, Free> memory_;
  std::barrier<> gate_;
  ReadJob job_;                   // written while all wait at the gate,
  std::atomic<int> running_ = 0;  // likewise: of its threads, those that have a CPU
  std::vector<int64_t> began_ns_, ended_ns_;
  std::vector<std::jthread> threads_;
};

}  // namespace assay::host
