#include "reference/lattice.h"

#include <algorithm>

#include "reference/strided.h"

namespace assay::reference {

Lattice::Lattice(const graph::Window& window, Shape positions, Shape image)
    : window_(window),
      positions_(std::move(positions)),
      image_(std::move(image)),
      image_steps_(contiguous_steps(image_)) {
  for (const int64_t size : window_.kernel) kernel_size_ *= size;
}

Lattice::Run Lattice::run(int64_t row, int64_t offset) const {
  const size_t last = positions_.size() - 1;
  const auto shift = [&](size_t d) {
    const int64_t k = offset % window_.kernel[d];
    offset /= window_.kernel[d];
    return k * window_.dilations[d] - window_.pads_begin[d];
  };
  Run run{row * positions_[last], 0, 0, window_.strides[last]};
  // Along the row: the first and the last position whose place is inside [0, image).
  const int64_t start = shift(last);
  const int64_t step = run.step;
  const int64_t first = start >= 0 ? 0 : (-start + step - 1) / step;
  const int64_t end =
      start >= image_[last] ? 0 : std::min(positions_[last], (image_[last] - 1 - start) / step + 1);
  run.position += first;
  run.image = start + first * step;
  for (size_t d = last; d-- > 0;) {
    const int64_t place = row % positions_[d] * window_.strides[d] + shift(d);
    row /= positions_[d];
    if (place < 0 || place >= image_[d]) return run;
    run.image += place * image_steps_[d];
  }
  run.count = std::max<int64_t>(0, end - first);
  return run;
}

}  // namespace assay::reference
