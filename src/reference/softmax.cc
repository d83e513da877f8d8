// Softmax, its logarithm, and the cross-entropy on top of it. Rows run along one axis, with a stride when it
// is not the last.
#include <cmath>
#include <limits>

#include "reference/rows.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

template <class T>
T largest(const T* x, int64_t length, int64_t step) {
  T result = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < length; ++i) result = x[i * step] > result ? x[i * step] : result;
  return result;
}

// log of the sum of exp(x) along a row, and the row's largest element, relative to which it is taken.
template <class T>
struct LogSum {
  T largest;
  T log_sum;
};

template <class T>
LogSum<T> log_sum_exp(const T* x, int64_t length, int64_t step, int blocking) {
  const T top = largest(x, length, step);
  return {top,
          std::log(blocked_sum<T>(length, blocking, [&](int64_t i) { return std::exp(x[i * step] - top); }))};
}

template <class T>
Result<> softmax(KernelContext<T>& c) {
  const Rows rows(c.shape(0), positive_axis(c.node().integer("axis", -1), c.shape(0).size()));
  const T* x = c.real(0);
  T* y = c.out_over(0, 0);
  c.workers().split(rows.count, grain_rows(rows.length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* from = x + rows.start(row);
      T* to = y + rows.start(row);
      const T top = largest(from, rows.length, rows.inner);
      for (int64_t i = 0; i < rows.length; ++i) to[i * rows.inner] = std::exp(from[i * rows.inner] - top);
      const T sum = blocked_sum<T>(rows.length, c.blocking(), [&](int64_t i) { return to[i * rows.inner]; });
      for (int64_t i = 0; i < rows.length; ++i) to[i * rows.inner] /= sum;
    }
  });
  return {};
}

// y = log(softmax(x)) along the rows.
template <class T>
void log_softmax_rows(KernelContext<T>& c, const Rows& rows, const T* x, T* y) {
  c.workers().split(rows.count, grain_rows(rows.length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* from = x + rows.start(row);
      const auto [top, log_sum] = log_sum_exp(from, rows.length, rows.inner, c.blocking());
      for (int64_t i = 0; i < rows.length; ++i)
        y[rows.start(row) + i * rows.inner] = from[i * rows.inner] - top - log_sum;
    }
  });
}

template <class T>
Result<> log_softmax(KernelContext<T>& c) {
  const Rows rows(c.shape(0), positive_axis(c.node().integer("axis", -1), c.shape(0).size()));
  const T* x = c.real(0);
  log_softmax_rows(c, rows, x, c.out_over(0, 0));
  return {};
}

// What each sample contributes to the loss: its weight (0 when it is ignored) and weight * -log probability
// of its label.
template <class T>
struct Samples {
  std::vector<T> weights;
  std::vector<T> losses;
};

template <class T>
Result<> check_labels(const int64_t* labels, const Rows& rows, bool has_ignored, int64_t ignored) {
  for (int64_t row = 0; row < rows.count; ++row) {
    const int64_t label = labels[row];
    if ((label < 0 || label >= rows.length) && !(has_ignored && label == ignored))
      return fail(ErrorKind::data, "label {} at position {} is not below the number of classes, {}", label,
                  row, rows.length);
  }
  return {};
}

template <class T>
Samples<T> sample_losses(KernelContext<T>& c, const Rows& rows, const T* scores, const int64_t* labels,
                         const T* class_weights) {
  const bool has_ignored = c.node().has("ignore_index");
  const int64_t ignored = c.node().integer("ignore_index", 0);
  Samples<T> samples{std::vector<T>(static_cast<size_t>(rows.count)),
                     std::vector<T>(static_cast<size_t>(rows.count))};
  c.workers().split(rows.count, grain_rows(rows.length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t label = labels[row];
      if (has_ignored && label == ignored) continue;
      const T* x = scores + rows.start(row);
      const auto [top, log_sum] = log_sum_exp(x, rows.length, rows.inner, c.blocking());
      const T weight = class_weights == nullptr ? T{1} : class_weights[label];
      samples.weights[static_cast<size_t>(row)] = weight;
      samples.losses[static_cast<size_t>(row)] = weight * (log_sum - (x[label * rows.inner] - top));
    }
  });
  return samples;
}

template <class T>
Result<> cross_entropy(KernelContext<T>& c) {
  const Rows rows(c.shape(0), 1);
  const T* scores = c.real(0);
  const int64_t* labels = c.integers(1);
  ASSAY_TRY_VOID(
      check_labels<T>(labels, rows, c.node().has("ignore_index"), c.node().integer("ignore_index", 0)));
  const Samples<T> samples = sample_losses(c, rows, scores, labels, c.given(2) ? c.real(2) : nullptr);
  T* loss = c.template out<T>(0);
  const std::string reduction = c.node().text("reduction", "mean");
  if (reduction == "none") {
    std::copy(samples.losses.begin(), samples.losses.end(), loss);
  } else {
    const auto total = [&](const std::vector<T>& terms) {
      return blocked_sum<T>(rows.count, c.blocking(),
                            [&](int64_t i) { return terms[static_cast<size_t>(i)]; });
    };
    *loss = reduction == "sum" ? total(samples.losses) : total(samples.losses) / total(samples.weights);
  }
  if (c.wanted(1)) log_softmax_rows(c, rows, scores, c.template out<T>(1));
  return {};
}

// One at the first of a row's largest elements, zero elsewhere.
template <class T>
Result<> hardmax(KernelContext<T>& c) {
  const Rows rows(c.shape(0), positive_axis(c.node().integer("axis", -1), c.shape(0).size()));
  const T* x = c.real(0);
  T* y = c.template out<T>(0);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    const T* from = x + rows.start(row);
    T* to = y + rows.start(row);
    int64_t best = 0;
    for (int64_t i = 0; i < rows.length; ++i) {
      to[i * rows.inner] = 0;
      if (from[i * rows.inner] > from[best * rows.inner]) best = i;
    }
    if (rows.length > 0) to[best * rows.inner] = 1;
  });
  return {};
}

}  // namespace

template <class T>
void add_softmax(Kernels<T>& kernels) {
  kernels.insert({{"Softmax", softmax<T>},
                  {"LogSoftmax", log_softmax<T>},
                  {"Hardmax", hardmax<T>},
                  {"SoftmaxCrossEntropyLoss", cross_entropy<T>}});
}

template void add_softmax(Kernels<float>&);
template void add_softmax(Kernels<double>&);

}  // namespace assay::reference
