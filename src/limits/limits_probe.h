// A short look at what the limit of a step rests on: which figures of the machine, and measuring just those.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/bandwidth.h"
#include "limits/machine_limits.h"

namespace assay::limits {

// What a look is at: the best readings of the working sets on which a limit rests, and the best products.
struct Probe {
  std::vector<host::ReadRequest> readings;
  struct Product {
    std::string precision;  // "f32", "f64", "bf16"
    std::string library;    // "OpenBLAS", "oneDNN"
  };
  std::vector<Product> products;
};

// What the limit of a step with so many bytes and of these compute types rests on: of each working set the
// quickest kernel and the plainest one. A compute type without a peak has nothing to look at.
[[nodiscard]] Probe probe_for(const record::Limits& limits, double least_bytes,
                              std::span<const std::string> compute_types);

// A probe as words of the command line, "read:268435456:streams-4:2" and "product:f32:oneDNN", and back.
// Fails (usage) at a word that is no such.
[[nodiscard]] std::vector<std::string> words_of(const Probe& probe);
[[nodiscard]] Result<Probe> probe_from(std::span<const std::string> words);

// Looks here and now, for about 0.1 s each product and working set.
[[nodiscard]] record::Limits measure_probe(const Probe& probe, int threads);

// The same in a child process, a few tenths of a second. Fails (environment) when it does not end well.
[[nodiscard]] Result<record::Limits> probe(const LimitsRequest& request, const Probe& probe);

}  // namespace assay::limits
