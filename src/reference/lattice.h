// How the positions of a sliding window meet an image: what convolutions and pooling share. Position p and
// kernel offset k meet the image at p * stride - pad + k * dilation in every spatial dimension.
#pragma once

#include <algorithm>

#include "graph/window.h"
#include "reference/array.h"

namespace assay::reference {

class Lattice {
 public:
  // `positions` are the places of the window: the output of a convolution or pooling, the input of a
  // transposed convolution; `image` is the other side.
  Lattice(const graph::Window& window, Shape positions, Shape image);

  [[nodiscard]] int64_t kernel_size() const { return kernel_size_; }
  [[nodiscard]] int64_t positions() const { return tensor::element_count(positions_); }
  [[nodiscard]] int64_t image_size() const { return tensor::element_count(image_); }
  // Positions come in rows along the last dimension.
  [[nodiscard]] int64_t rows() const { return positions() / std::max<int64_t>(row_length(), 1); }
  [[nodiscard]] int64_t row_length() const { return positions_.back(); }

  // A run of positions of one row that lie inside the image: `count` positions from `position` on meet the
  // image at `image`, `image` + step, ...
  struct Run {
    int64_t position;
    int64_t image;
    int64_t count;
    int64_t step;
  };
  // The run of row `row` under kernel offset `offset` (row-major); count 0 when all of it is padding.
  [[nodiscard]] Run run(int64_t row, int64_t offset) const;

 private:
  graph::Window window_;
  Shape positions_;
  Shape image_;
  Shape image_steps_;
  int64_t kernel_size_ = 1;
};

}  // namespace assay::reference
