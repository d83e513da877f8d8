// Pooling over sliding windows, and over the whole image.
#include <algorithm>
#include <limits>

#include "reference/kernel.h"
#include "reference/kinks.h"
#include "reference/lattice.h"
#include "reference/strided.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

// Calls visit(place of the result, place in the image) for every position of one plane and every kernel
// offset that meets the image, offsets in row-major order.
template <class Visit>
void visit_windows(const Lattice& lattice, const Visit& visit) {
  for (int64_t offset = 0; offset < lattice.kernel_size(); ++offset)
    for (int64_t row = 0; row < lattice.rows(); ++row) {
      const auto run = lattice.run(row, offset);
      for (int64_t i = 0; i < run.count; ++i) visit(run.position + i, run.image + i * run.step);
    }
}

// A place of the image, row-major, as its place when the first spatial dimension runs fastest.
int64_t column_major(int64_t place, const Shape& image) {
  int64_t result = 0;
  int64_t step = tensor::element_count(image);
  for (size_t d = image.size(); d-- > 0;) {
    step /= image[d];
    result += place % image[d] * step;
    place /= image[d];
  }
  return result;
}

// One plane: the largest element of each window and where it lies; the first of equal ones, a NaN before all.
template <class T>
void max_plane(const Lattice& lattice, const T* x, T* y, int64_t* where) {
  std::fill_n(y, lattice.positions(), -std::numeric_limits<T>::infinity());
  std::fill_n(where, lattice.positions(), -1);
  visit_windows(lattice, [&](int64_t position, int64_t place) {
    if (where[position] >= 0 && !(x[place] > y[position]) && x[place] == x[place]) return;
    y[position] = x[place];
    where[position] = place;
  });
}

// Which of the elements that lie within `width` of their window's largest is taken: the first of them or the
// last.
template <class T>
void choose_among_equals(const Lattice& lattice, const T* x, const T* y, T width, bool first,
                         int64_t* where) {
  std::fill_n(where, lattice.positions(), -1);
  visit_windows(lattice, [&](int64_t position, int64_t place) {
    if (x[place] < y[position] - width || (first && where[position] >= 0)) return;
    where[position] = place;
  });
}

template <class T>
Result<> max_pool(KernelContext<T>& c) {
  ASSAY_TRY(const graph::Window window, graph::window_of(c.graph(), c.node()));
  const Lattice lattice(window, window.output, window.input);
  const bool by_column = c.node().integer("storage_order", 0) != 0;
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  int64_t* indices = c.wanted(1) ? c.template out<int64_t>(1) : nullptr;
  const Kinks kinks = c.execution().kinks;
  const T width = kinks == Kinks::computed ? T{0} : kink_width(c, 0);
  c.workers().split(
      c.shape(0)[0] * c.shape(0)[1], grain_rows(lattice.image_size()), [&](int64_t begin, int64_t end) {
        std::vector<int64_t> where(static_cast<size_t>(lattice.positions()));
        for (int64_t plane = begin; plane < end; ++plane) {
          const T* image = x + plane * lattice.image_size();
          max_plane(lattice, image, y + plane * lattice.positions(), where.data());
          if (kinks != Kinks::computed)
            choose_among_equals(lattice, image, y + plane * lattice.positions(), width, kinks == Kinks::on,
                                where.data());
          for (int64_t i = 0; indices != nullptr && i < lattice.positions(); ++i) {
            const int64_t place = where[static_cast<size_t>(i)];
            indices[plane * lattice.positions() + i] =
                plane * lattice.image_size() + (by_column ? column_major(place, window.input) : place);
          }
        }
      });
  return {};
}

// By how much each window's sum is divided: the elements it covers, with those of the padding if they count.
// A window may reach beyond the padding (ceil_mode); what lies there never counts.
template <class T>
std::vector<T> divisors(const Lattice& lattice, const graph::Window& w, bool count_padding) {
  std::vector<T> result(static_cast<size_t>(lattice.positions()));
  if (!count_padding) {
    visit_windows(lattice, [&](int64_t position, int64_t) { result[static_cast<size_t>(position)] += T{1}; });
    return result;
  }
  graph::Window padded = w;
  for (size_t d = 0; d < w.input.size(); ++d) {
    padded.input[d] += w.pads_begin[d] + w.pads_end[d];
    padded.pads_begin[d] = padded.pads_end[d] = 0;
  }
  return divisors<T>(Lattice(padded, w.output, padded.input), padded, false);
}

template <class T>
Result<> average_pool(KernelContext<T>& c) {
  ASSAY_TRY(const graph::Window window, graph::window_of(c.graph(), c.node()));
  const Lattice lattice(window, window.output, window.input);
  const std::vector<T> counts = divisors<T>(lattice, window, c.node().integer("count_include_pad", 0) != 0);
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  c.workers().split(
      c.shape(0)[0] * c.shape(0)[1], grain_rows(lattice.image_size()), [&](int64_t begin, int64_t end) {
        for (int64_t plane = begin; plane < end; ++plane) {
          const T* from = x + plane * lattice.image_size();
          T* to = y + plane * lattice.positions();
          std::fill_n(to, lattice.positions(), T{0});
          visit_windows(lattice, [&](int64_t position, int64_t place) { to[position] += from[place]; });
          for (int64_t i = 0; i < lattice.positions(); ++i) to[i] /= counts[static_cast<size_t>(i)];
        }
      });
  return {};
}

template <class T>
Result<> global_average_pool(KernelContext<T>& c) {
  const int64_t length = product(c.shape(0), 2, c.shape(0).size());
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  c.workers().split(c.shape(0)[0] * c.shape(0)[1], grain_rows(length), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane)
      y[plane] = blocked_sum<T>(length, c.blocking(), [&](int64_t i) { return x[plane * length + i]; }) /
                 static_cast<T>(length);
  });
  return {};
}

// What is not a number wins.
template <class T>
Result<> global_max_pool(KernelContext<T>& c) {
  const int64_t length = product(c.shape(0), 2, c.shape(0).size());
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  for (int64_t plane = 0; plane < c.shape(0)[0] * c.shape(0)[1]; ++plane) {
    y[plane] = -std::numeric_limits<T>::infinity();
    for (const T* at = x + plane * length; at < x + (plane + 1) * length; ++at)
      if (*at > y[plane] || *at != *at) y[plane] = *at;
  }
  return {};
}

}  // namespace

template <class T>
void add_pool(Kernels<T>& kernels) {
  kernels.insert({{"MaxPool", max_pool<T>},
                  {"AveragePool", average_pool<T>},
                  {"GlobalAveragePool", global_average_pool<T>},
                  {"GlobalMaxPool", global_max_pool<T>}});
}

template void add_pool(Kernels<float>&);
template void add_pool(Kernels<double>&);

}  // namespace assay::reference
