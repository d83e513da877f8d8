// Conv and ConvTranspose in any number of spatial dimensions, as matrix products: the image's patches become
// the columns of a matrix (im2col), or the columns of a product are added into the image (col2im). A few rows
// of positions at a time, to bound memory.
#include <algorithm>

#include "reference/broadcast.h"
#include "reference/lattice.h"

namespace assay::reference {
namespace {

// Elements of the matrix of patches that are held at once.
constexpr int64_t kMostPatchElements = int64_t{1} << 23;

int64_t rows_at_once(const Lattice& lattice, int64_t patch) {
  return std::max<int64_t>(1, kMostPatchElements / std::max<int64_t>(1, patch * lattice.row_length()));
}

// Row (channel, offset) of the patches of position rows [first, first + rows).
template <class T>
void fill_patch_row(const Lattice& lattice, const T* channel, int64_t offset, int64_t first, int64_t rows,
                    T* to) {
  const int64_t begin = first * lattice.row_length();
  std::fill_n(to, rows * lattice.row_length(), T{0});
  for (int64_t row = first; row < first + rows; ++row) {
    const auto run = lattice.run(row, offset);
    T* target = to + (run.position - begin);
    const T* source = channel + run.image;
    for (int64_t i = 0; i < run.count; ++i) target[i] = source[i * run.step];
  }
}

// Adds a row of patches back into the channel it covers.
template <class T>
void add_patch_row(const Lattice& lattice, const T* from, int64_t offset, int64_t first, int64_t rows,
                   T* channel) {
  const int64_t begin = first * lattice.row_length();
  for (int64_t row = first; row < first + rows; ++row) {
    const auto run = lattice.run(row, offset);
    const T* source = from + (run.position - begin);
    T* target = channel + run.image;
    for (int64_t i = 0; i < run.count; ++i) target[i * run.step] += source[i];
  }
}

template <class T>
void add_channel_bias(KernelContext<T>& c, T* y) {
  if (!c.given(2)) return;
  Shape shape(c.out_shape(0).size() - 1, 1);
  shape[0] = c.out_shape(0)[1];
  const T* bias = c.real(2);
  broadcast_binary(c.workers(), c.out_shape(0), y, y, c.out_shape(0), bias, shape,
                   [](T value, T addend) { return value + addend; });
}

// Whether a patch is one element, so that the image is its own matrix of patches.
bool is_pointwise(const Lattice& lattice, const graph::Window& w) {
  const auto all = [](const std::vector<int64_t>& values, int64_t expected) {
    return std::ranges::all_of(values, [=](int64_t value) { return value == expected; });
  };
  return lattice.kernel_size() == 1 && all(w.strides, 1) && all(w.pads_begin, 0) && all(w.pads_end, 0);
}

// One group of one image: y[out, positions] = w[out, in * kernel] patches(x)[in * kernel, positions].
template <class T>
void convolve(KernelContext<T>& c, const Lattice& lattice, const T* x, const T* w, T* y, int64_t in,
              int64_t out) {
  const int64_t patch = in * lattice.kernel_size();
  const int64_t most = std::min(lattice.rows(), rows_at_once(lattice, patch));
  Array room(c.arena(), tensor::dtype_of<T>(), {patch, most * lattice.row_length()});
  T* patches = room.template mutable_data<T>();
  for (int64_t first = 0; first < lattice.rows(); first += most) {
    const int64_t rows = std::min(most, lattice.rows() - first);
    const int64_t columns = rows * lattice.row_length();
    c.workers().split(patch, grain_rows(columns), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        fill_patch_row(lattice, x + i / lattice.kernel_size() * lattice.image_size(),
                       i % lattice.kernel_size(), first, rows, patches + i * columns);
    });
    gemm<T>(c.execution(), out, columns, patch, T{1}, {w, patch}, {patches, columns}, T{0},
            y + first * lattice.row_length(), lattice.positions());
  }
}

template <class T>
Result<> conv(KernelContext<T>& c) {
  ASSAY_TRY(const graph::Window window, graph::window_of(c.graph(), c.node()));
  const Lattice lattice(window, window.output, window.input);
  const int64_t in = c.shape(0)[1] / window.group;
  const int64_t out = c.shape(1)[0] / window.group;
  const T* x = c.real(0);
  const T* w = c.real(1);
  T* y = c.template out<T>(0);
  const int64_t patch = in * lattice.kernel_size();
  for (int64_t i = 0; i < c.shape(0)[0] * window.group; ++i) {
    const T* image = x + i * in * lattice.image_size();
    const T* weights = w + i % window.group * out * patch;
    T* result = y + i * out * lattice.positions();
    if (is_pointwise(lattice, window))
      gemm<T>(c.execution(), out, lattice.positions(), patch, T{1}, {weights, patch},
              {image, lattice.positions()}, T{0}, result, lattice.positions());
    else
      convolve(c, lattice, image, weights, result, in, out);
  }
  add_channel_bias(c, y);
  return {};
}

// One group of one image: the product w[in, out * kernel]^T x[in, positions], each row added into y's channel
// at its offset.
template <class T>
void convolve_transposed(KernelContext<T>& c, const Lattice& lattice, const T* x, const T* w, T* y,
                         int64_t in, int64_t out) {
  const int64_t patch = out * lattice.kernel_size();
  const int64_t most = std::min(lattice.rows(), rows_at_once(lattice, patch));
  Array room(c.arena(), tensor::dtype_of<T>(), {patch, most * lattice.row_length()});
  T* patches = room.template mutable_data<T>();
  for (int64_t first = 0; first < lattice.rows(); first += most) {
    const int64_t rows = std::min(most, lattice.rows() - first);
    const int64_t columns = rows * lattice.row_length();
    gemm<T>(c.execution(), patch, columns, in, T{1}, {w, patch, true},
            {x + first * lattice.row_length(), lattice.positions()}, T{0}, patches, columns);
    c.workers().split(out, grain_rows(columns * lattice.kernel_size()), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * lattice.kernel_size(); i < end * lattice.kernel_size(); ++i)
        add_patch_row(lattice, patches + i * columns, i % lattice.kernel_size(), first, rows,
                      y + i / lattice.kernel_size() * lattice.image_size());
    });
  }
}

template <class T>
Result<> conv_transpose(KernelContext<T>& c) {
  ASSAY_TRY(const graph::Window window, graph::window_of(c.graph(), c.node()));
  const Lattice lattice(window, window.input, window.output);
  const int64_t in = c.shape(0)[1] / window.group;
  const int64_t out = c.shape(1)[1];
  const T* x = c.real(0);
  const T* w = c.real(1);
  T* y = c.template out<T>(0);
  std::fill_n(y, tensor::element_count(c.out_shape(0)), T{0});
  for (int64_t i = 0; i < c.shape(0)[0] * window.group; ++i)
    convolve_transposed(c, lattice, x + i * in * lattice.positions(),
                        w + i % window.group * in * out * lattice.kernel_size(),
                        y + i * out * lattice.image_size(), in, out);
  add_channel_bias(c, y);
  return {};
}

}  // namespace

template <class T>
void add_conv(Kernels<T>& kernels) {
  kernels.insert({{"Conv", conv<T>}, {"ConvTranspose", conv_transpose<T>}});
}

template void add_conv(Kernels<float>&);
template void add_conv(Kernels<double>&);

}  // namespace assay::reference
