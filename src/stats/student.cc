#include "stats/student.h"

#include <cmath>
#include <initializer_list>

namespace assay::stats {
namespace {

// Keeps a divisor of Lentz's algorithm away from zero.
double apart_from_zero(double value) { return std::abs(value) < 1e-300 ? 1e-300 : value; }

// The continued fraction of the incomplete beta function, https://dlmf.nist.gov/8.17.E22, by the modified
// Lentz algorithm. Converges quickly for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr int kMostTerms = 500;
  double c = 1, d = 1 / apart_from_zero(1 - (a + b) * x / (a + 1)), result = d;
  for (int m = 1; m <= kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 / apart_from_zero(1 + term * d);
      c = apart_from_zero(1 + term / c);
      step = c * d;
      result *= step;
    }
    if (std::abs(step - 1) < 1e-14) break;
  }
  return result;
}

// The regularised incomplete beta function I_x(a, b).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_p(double t, double freedom) {
  return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double student_t(double confidence, double freedom) {
  const double p = 1 - confidence;
  double low = 0, high = 1;
  while (student_p(high, freedom) > p) high *= 2;
  for (int i = 0; i < 100 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (student_p(middle, freedom) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace assay::stats
