// What a machine can do at most, as measured on it, and what one step must take at least because of that. The
// method is in docs/method.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::record {

// What one library reached with matrix products.
struct Product {
  std::string library;               // "OpenBLAS", "oneDNN"
  std::string source;                // with its kernels, or why the figure is absent
  std::optional<double> flop_per_s;  // a multiply-add is two; absent: not known
};

// The highest rate of matrix products in one precision.
struct Peak {
  std::string precision;             // "f32", "f64", "bf16"
  std::optional<double> flop_per_s;  // of the best library; absent: not known
  std::string source;                // of it, or why the figure is absent
  std::vector<Product> products;     // of every library that was tried
};

// A level of the memory hierarchy, as all threads together have it.
struct MemoryLevel {
  std::string name;              // "L1", "L2", "L3", "DRAM"
  std::optional<int64_t> bytes;  // capacity; the last level has none
  double bytes_per_s = 0;
  std::optional<int64_t> read_bytes;  // of the working set that was read for it; absent in older runs
};

// What one way of reading a working set reached.
struct Reading {
  std::string kernel;  // "ascending", "streams-4" (host/read_kernels.h)
  int threads = 0;     // that read, each its own part
  double bytes_per_s = 0;
};

// Rate of reading a working set of so many bytes again and again.
struct Bandwidth {
  int64_t bytes = 0;
  double bytes_per_s = 0;         // of the best reading
  std::vector<Reading> readings;  // of every kernel that was tried; none in older runs
};

struct Limits {
  std::string measured;  // when: UTC, ISO 8601
  int threads = 0;
  bool disturbed = false;  // something else took the CPUs meanwhile: the figures may be too low
  std::vector<Peak> peaks;
  std::vector<MemoryLevel> levels;   // nearest first
  std::vector<Bandwidth> bandwidth;  // smallest working set first
  // Share of the memory that was read which lay in large pages, as the system says.
  std::optional<double> large_pages;

  // The peak of a precision; absent when it is not known.
  [[nodiscard]] std::optional<double> flop_per_s(std::string_view precision) const;
};

[[nodiscard]] std::string limits_to_json(const Limits& limits);
// Absent when the text is not what limits_to_json writes.
[[nodiscard]] std::optional<Limits> limits_from_json(std::string_view text);

// What one step processes and must do, and how long that takes at least here.
struct StepLimit {
  double flops = 0;  // of products (matrices, convolutions, attention), convolutions as sums of products
  double least_flops = 0;  // the same, convolutions by the shortest arithmetic in use
  double least_bytes = 0;  // that must be touched once
  int64_t items = 1;
  std::string item = "items";        // "tokens", "images"
  std::optional<double> compute_ms;  // least_flops at the peak of the compute type
  std::optional<double> memory_ms;   // least_bytes at the bandwidth of a working set of that size
};

}  // namespace assay::record
