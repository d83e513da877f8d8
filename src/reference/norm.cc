// Normalisations. Each row of elements is brought to unit root mean square (RMS) or to zero mean and unit
// variance (Layer, Group); batch normalisation uses given statistics.
#include <cmath>

#include "reference/broadcast.h"
#include "reference/rows.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

template <class T>
struct Moments {
  T mean;
  T inverse_deviation;
};

// Of one row, in two passes: the mean first, then the mean square of what is left.
template <class T>
Moments<T> moments(const T* x, int64_t length, T epsilon, int blocking) {
  const T count = static_cast<T>(length);
  const T mean = blocked_sum<T>(length, blocking, [&](int64_t i) { return x[i]; }) / count;
  const T variance =
      blocked_sum<T>(length, blocking, [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); }) / count;
  return {mean, T{1} / std::sqrt(variance + epsilon)};
}

// y = f(y, p) where p broadcasts to the shape of result 0.
template <class T, class F>
void apply(KernelContext<T>& c, T* y, size_t parameter, F f) {
  const T* p = c.real(parameter);
  broadcast_binary(c.workers(), c.out_shape(0), y, y, c.out_shape(0), p, c.shape(parameter), f);
}

template <class T>
T multiplied(T a, T b) {
  return a * b;
}
template <class T>
T added(T a, T b) {
  return a + b;
}

template <class T>
Result<> rms_normalization(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", -1), c.shape(0).size());
  const auto epsilon = static_cast<T>(c.node().real("epsilon", 1e-5));
  const int64_t length = product(c.shape(0), axis, c.shape(0).size());
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  c.workers().split(
      length == 0 ? 0 : c.input(0).size() / length, grain_rows(length), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const T* from = x + row * length;
          const T mean = blocked_sum<T>(length, c.blocking(), [&](int64_t i) { return from[i] * from[i]; }) /
                         static_cast<T>(length);
          const T factor = T{1} / std::sqrt(mean + epsilon);
          for (int64_t i = 0; i < length; ++i) y[row * length + i] = from[i] * factor;
        }
      });
  apply(c, y, 1, multiplied<T>);
  return {};
}

template <class T>
Result<> layer_normalization(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", -1), c.shape(0).size());
  const auto epsilon = static_cast<T>(c.node().real("epsilon", 1e-5));
  const int64_t length = product(c.shape(0), axis, c.shape(0).size());
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  T* means = c.wanted(1) ? c.template out<T>(1) : nullptr;
  T* inverse_deviations = c.wanted(2) ? c.template out<T>(2) : nullptr;
  c.workers().split(length == 0 ? 0 : c.input(0).size() / length, grain_rows(length),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) {
                        const T* from = x + row * length;
                        const auto [mean, factor] = moments(from, length, epsilon, c.blocking());
                        for (int64_t i = 0; i < length; ++i) y[row * length + i] = (from[i] - mean) * factor;
                        if (means != nullptr) means[row] = mean;
                        if (inverse_deviations != nullptr) inverse_deviations[row] = factor;
                      }
                    });
  apply(c, y, 1, multiplied<T>);
  if (c.given(2)) apply(c, y, 2, added<T>);
  return {};
}

// y[n, c, ...] = x[n, c, ...] * scale[c] + bias[c].
template <class T, class Scale, class Bias>
void scale_channels(KernelContext<T>& c, const T* x, T* y, const Scale& scale, const Bias& bias) {
  const int64_t channels = c.shape(0)[1];
  const int64_t inner = product(c.shape(0), 2, c.shape(0).size());
  c.workers().split(c.shape(0)[0] * channels, grain_rows(inner), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T factor = scale(row % channels);
      const T offset = bias(row % channels);
      for (int64_t i = row * inner; i < (row + 1) * inner; ++i) y[i] = x[i] * factor + offset;
    }
  });
}

template <class T>
Result<> normalize_groups(KernelContext<T>& c, int64_t groups) {
  const auto epsilon = static_cast<T>(c.node().real("epsilon", 1e-5));
  const int64_t rows = c.shape(0)[0] * groups;
  const int64_t length = rows == 0 ? 0 : c.input(0).size() / rows;
  const T* x = c.real(0);
  const T* scale = c.real(1);
  const T* bias = c.real(2);
  T* y = c.template out<T>(0);
  c.workers().split(rows, grain_rows(length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const auto [mean, factor] = moments(x + row * length, length, epsilon, c.blocking());
      for (int64_t i = row * length; i < (row + 1) * length; ++i) y[i] = (x[i] - mean) * factor;
    }
  });
  scale_channels(c, y, y, [&](int64_t i) { return scale[i]; }, [&](int64_t i) { return bias[i]; });
  return {};
}

template <class T>
Result<> group_normalization(KernelContext<T>& c) {
  return normalize_groups(c, c.node().integer("num_groups", 1));
}

// Each channel by itself.
template <class T>
Result<> instance_normalization(KernelContext<T>& c) {
  return normalize_groups(c, c.shape(0)[1]);
}

// Rows along the axis, each divided by its norm; one of zeros stays so.
template <class T>
Result<> lp_normalization(KernelContext<T>& c) {
  const Rows rows(c.shape(0), positive_axis(c.node().integer("axis", -1), c.shape(0).size()));
  const bool squares = c.node().integer("p", 2) == 2;
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    const T* from = x + rows.start(row);
    const T sum = blocked_sum<T>(rows.length, c.blocking(), [&](int64_t i) {
      const T value = from[i * rows.inner];
      return squares ? value * value : std::abs(value);
    });
    const T norm = squares ? std::sqrt(sum) : sum;
    for (int64_t i = 0; i < rows.length; ++i)
      y[rows.start(row) + i * rows.inner] = norm == 0 ? T{0} : from[i * rows.inner] / norm;
  });
  return {};
}

// Each element by a power of the mean square of the channels around it.
template <class T>
Result<> local_response_normalization(KernelContext<T>& c) {
  const Rows rows(c.shape(0), 1);
  const int64_t size = c.node().integer("size", 1), before = (size - 1) / 2, after = size - 1 - before;
  const auto bias = static_cast<T>(c.node().real("bias", 1.0));
  const auto beta = static_cast<T>(c.node().real("beta", 0.75));
  const T factor = static_cast<T>(c.node().real("alpha", 0.0001F)) / static_cast<T>(size);
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    const T* from = x + rows.start(row);
    for (int64_t i = 0; i < rows.length; ++i) {
      const int64_t first = std::max<int64_t>(0, i - before), last = std::min(rows.length - 1, i + after);
      const T sum = blocked_sum<T>(last - first + 1, c.blocking(), [&](int64_t at) {
        return from[(first + at) * rows.inner] * from[(first + at) * rows.inner];
      });
      y[rows.start(row) + i * rows.inner] = from[i * rows.inner] / std::pow(bias + factor * sum, beta);
    }
  });
  return {};
}

// With the statistics given: x, scale, B, mean, variance.
template <class T>
Result<> batch_normalization(KernelContext<T>& c) {
  if (c.node().integer("training_mode", 0) != 0)
    return fail(ErrorKind::data, "training_mode is not supported");
  const auto epsilon = static_cast<T>(c.node().real("epsilon", 1e-5));
  const T* x = c.real(0);
  const T* scale = c.real(1);
  const T* bias = c.real(2);
  const T* mean = c.real(3);
  const T* variance = c.real(4);
  const auto factor = [&](int64_t i) { return scale[i] / std::sqrt(variance[i] + epsilon); };
  scale_channels(c, x, c.template out<T>(0), factor,
                 [&](int64_t i) { return bias[i] - mean[i] * factor(i); });
  return {};
}

}  // namespace

template <class T>
void add_norm(Kernels<T>& kernels) {
  kernels.insert({{"RMSNormalization", rms_normalization<T>},
                  {"LayerNormalization", layer_normalization<T>},
                  {"GroupNormalization", group_normalization<T>},
                  {"BatchNormalization", batch_normalization<T>},
                  {"InstanceNormalization", instance_normalization<T>},
                  {"LpNormalization", lp_normalization<T>},
                  {"LRN", local_response_normalization<T>}});
}

template void add_norm(Kernels<float>&);
template void add_norm(Kernels<double>&);

}  // namespace assay::reference
