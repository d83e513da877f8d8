// How fast a rotary table turns its pairs, read from its cosines and sines: by one base, as readers of GGUF
// have it, or each pair by a divisor of its own (positions scaled as llama3, yarn, longrope or linear ones).
#pragma once

#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace assay::gguf {

// Pair i of `pairs` turns by position * base^(-i / pairs), or where `divisors` has [pairs] numbers by
// position / divisors[i]; cosines and sines are multiplied by `scale`.
struct Rotation {
  double base = 0;               // 0 beside divisors
  std::vector<double> divisors;  // empty beside a base
  double scale = 1;

  [[nodiscard]] bool of_one_base() const { return divisors.empty(); }
  [[nodiscard]] std::vector<double> divisors_of(int64_t pairs) const;
  bool operator==(const Rotation&) const = default;
};

// The rotation of tables [batch, rows, pairs] whose first row is position `first`. One base is preferred, and
// an integer one where it fits. Fails (data) where there is no rotation within float32's rounding. A single
// row shows its angles but for whole turns: of its pairs the slow ones tell the base, and divisors are the
// slowest rotation that gives this row.
[[nodiscard]] Result<Rotation> read_rotation(const graph::Tensor& cosines, const graph::Tensor& sines,
                                             int64_t first);

}  // namespace assay::gguf
