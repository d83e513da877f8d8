// RotaryEmbedding: pairs of elements of every head are rotated by the angle of their position, given as
// tables of cosine and sine.
#include <algorithm>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

struct Layout {
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t length = 0;
  int64_t size = 0;
  bool heads_outside = false;  // [batch, heads, length, size] rather than [batch, length, heads * size]

  Layout(const Shape& shape, int64_t num_heads) : heads_outside(shape.size() == 4) {
    if (heads_outside)
      batch = shape[0], heads = shape[1], length = shape[2], size = shape[3];
    else
      batch = shape[0], heads = num_heads, length = shape[1], size = shape[2] / num_heads;
  }
  // Where the elements of (b, h, position) start.
  [[nodiscard]] int64_t at(int64_t b, int64_t h, int64_t position) const {
    return heads_outside ? ((b * heads + h) * length + position) * size
                         : ((b * length + position) * heads + h) * size;
  }
};

// One head at one position: element i goes with i + half, or 2 i with 2 i + 1 when interleaved; the rest
// stays.
template <class T>
void rotate(const T* x, T* y, const T* cosine, const T* sine, int64_t half, bool interleaved) {
  for (int64_t i = 0; i < half; ++i) {
    const int64_t first = interleaved ? 2 * i : i;
    const int64_t second = interleaved ? 2 * i + 1 : i + half;
    const T a = x[first];
    const T b = x[second];
    y[first] = cosine[i] * a - sine[i] * b;
    y[second] = sine[i] * a + cosine[i] * b;
  }
}

template <class T>
Result<> rotary_embedding(KernelContext<T>& c) {
  const Layout layout(c.shape(0), c.node().integer("num_heads", 1));
  const int64_t rotary_dim = c.node().integer("rotary_embedding_dim", 0);
  const int64_t rotated = rotary_dim == 0 ? layout.size : rotary_dim;
  const int64_t half = rotated / 2;
  const bool interleaved = c.node().integer("interleaved", 0) != 0;
  // Without position ids the tables have a row for every (batch, position).
  const int64_t* positions = c.given(3) ? c.integers(3) : nullptr;
  const int64_t table_rows = c.input(1).size() / std::max<int64_t>(half, 1);
  for (int64_t i = 0; positions != nullptr && i < c.input(3).size(); ++i)
    if (positions[i] < 0 || positions[i] >= table_rows)
      return fail(ErrorKind::data, "position {} is not below the {} rows of cos_cache", positions[i],
                  table_rows);
  const T* cosine = c.real(1);
  const T* sine = c.real(2);
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  c.workers().split(layout.batch * layout.length, grain_rows(layout.heads * layout.size),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t place = begin; place < end; ++place) {
                        const int64_t row = positions == nullptr ? place : positions[place];
                        for (int64_t h = 0; h < layout.heads; ++h) {
                          const int64_t at = layout.at(place / layout.length, h, place % layout.length);
                          rotate(x + at, y + at, cosine + row * half, sine + row * half, half, interleaved);
                          std::copy(x + at + rotated, x + at + layout.size, y + at + rotated);
                        }
                      }
                    });
  return {};
}

}  // namespace

template <class T>
void add_rotary(Kernels<T>& kernels) {
  kernels.insert({{"RotaryEmbedding", rotary_embedding<T>}});
}

template void add_rotary(Kernels<float>&);
template void add_rotary(Kernels<double>&);

}  // namespace assay::reference
