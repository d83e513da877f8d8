#include "verify/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <thread>
#include <vector>

namespace assay::verify {
namespace {

using tensor::DType;
using tensor::Tensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Below this many elements another thread costs more than it saves.
constexpr size_t kLeastPerThread = 1 << 18;

double relative(double error, double size, bool finite) {
  if (!finite || std::isnan(error) || std::isnan(size)) return kInfinity;
  if (size == 0) return error == 0 ? 0 : kInfinity;
  return error / size;
}

template <class T>
TensorDifference compare_part(std::span<const T> answer, std::span<const double> truth) {
  TensorDifference sums{.count = static_cast<int64_t>(answer.size())};
  for (size_t i = 0; i < answer.size(); ++i) {
    const double x = static_cast<double>(answer[i]), y = truth[i];
    const double error = std::abs(x - y), size = std::abs(y);
    sums.error2 += error * error;
    sums.truth2 += y * y;
    sums.answer2 += x * x;
    sums.dot += x * y;
    sums.error_max = error > sums.error_max ? error : sums.error_max;
    sums.truth_max = size > sums.truth_max ? size : sums.truth_max;
    sums.finite = sums.finite && std::abs(answer[i]) <= std::numeric_limits<T>::max();
  }
  return sums;
}

template <class T>
TensorDifference compare_parts(std::span<const T> answer, std::span<const double> truth, size_t threads) {
  const size_t parts = std::clamp<size_t>(answer.size() / kLeastPerThread, 1, threads);
  const size_t length = (answer.size() + parts - 1) / parts;
  std::vector<TensorDifference> sums(parts);
  const auto work = [&](size_t part) {
    const size_t begin = std::min(part * length, answer.size()),
                 count = std::min(length, answer.size() - begin);
    sums[part] = compare_part(answer.subspan(begin, count), truth.subspan(begin, count));
  };
  {
    std::vector<std::jthread> workers;
    for (size_t part = 1; part < parts; ++part) workers.emplace_back(work, part);
    work(0);
  }
  TensorDifference all;
  for (const TensorDifference& part : sums) all.add(part);
  return all;
}

}  // namespace

double TensorDifference::rel_l2() const { return relative(abs_l2(), norm(), finite); }
double TensorDifference::max_rel() const { return relative(error_max, truth_max, finite); }
double TensorDifference::abs_l2() const { return std::sqrt(error2); }
double TensorDifference::norm() const { return std::sqrt(truth2); }
double TensorDifference::rms() const { return std::sqrt(truth2 / static_cast<double>(count)); }

double TensorDifference::cosine() const {
  const double size = std::sqrt(answer2) * norm();
  return size > 0 && std::isfinite(size) ? dot / size : 0;
}

void TensorDifference::add(const TensorDifference& other) {
  error2 += other.error2;
  truth2 += other.truth2;
  answer2 += other.answer2;
  dot += other.dot;
  error_max = std::max(error_max, other.error_max);
  truth_max = std::max(truth_max, other.truth_max);
  count += other.count;
  finite = finite && other.finite;
}

TensorDifference compare(const Tensor& answer, const Tensor& truth, int threads) {
  ASSAY_CHECK(answer.shape() == truth.shape() && truth.dtype() == DType::f64);
  const auto workers =
      static_cast<size_t>(threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency()));
  if (answer.dtype() == DType::f64)
    return compare_parts(answer.data<double>(), truth.data<double>(), workers);
  const Tensor narrow = tensor::converted(answer, DType::f32);
  return compare_parts(narrow.data<float>(), truth.data<double>(), workers);
}

bool identical(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.bytes().empty() || std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0);
}

}  // namespace assay::verify
