// Tables of cosines and sines, as RotaryEmbedding has them, read as what they are where each pair turns
// evenly: by a frequency a position, and scaled alike.
#pragma once

#include <optional>

#include "tensor/tensor.h"

namespace assay::graph {

class RotaryTable {
 public:
  // float32 tables of one shape [.., rows, pairs]. Where there are several sequences, all have the same
  // (`is_shared`); the first is read.
  RotaryTable(tensor::Tensor cosines, tensor::Tensor sines);

  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] size_t pairs() const { return pairs_; }
  // In [-pi, pi]: known but for whole turns, and to about 6e-8, what float32 tells.
  [[nodiscard]] double angle(size_t row, size_t pair) const;

  [[nodiscard]] bool is_shared() const;
  // What all cosines and sines are multiplied by, 1 where that is all but so; none where they differ.
  [[nodiscard]] std::optional<double> scale() const;
  // By how much a pair turns from one row to the next, of two rows and more. Rows ever farther apart tell it
  // ever better, and leave no doubt of whole turns. For a pair that does not turn evenly it is any number.
  [[nodiscard]] double step(size_t pair) const;
  // Whether it turns by so much a position in all rows, the first of which is position `first`.
  [[nodiscard]] bool turns(size_t pair, double frequency, int64_t first) const;
  // The same of one row.
  [[nodiscard]] bool turns(size_t row, size_t pair, double frequency, int64_t position) const;

 private:
  tensor::Tensor cosines_, sines_;
  size_t rows_, pairs_;
};

}  // namespace assay::graph
