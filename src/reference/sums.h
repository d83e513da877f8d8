// Sums of many terms, blocked as Options::blocking says. One float32 sum may come out in a million ways; the
// three evaluations take three different ones, so that their spread shows what rounding alone does.
#pragma once

#include <algorithm>
#include <cstdint>

namespace assay::reference {

namespace sums {

// Panels of `Panel` terms, each kept in `Lanes` interleaved partial sums that are then added pairwise; panels
// are added in order.
template <int64_t Lanes, int64_t Panel, class T, class Term>
T blocked(int64_t count, const Term& term) {
  T total = 0;
  for (int64_t begin = 0; begin < count; begin += Panel) {
    const int64_t end = std::min(count, begin + Panel);
    T lanes[Lanes] = {};
    int64_t i = begin;
    for (; i + Lanes <= end; i += Lanes)
      for (int64_t lane = 0; lane < Lanes; ++lane) lanes[lane] += term(i + lane);
    for (int64_t lane = 0; i < end; ++i, ++lane) lanes[lane] += term(i);
    for (int64_t half = Lanes / 2; half > 0; half /= 2)
      for (int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    total += lanes[0];
  }
  return total;
}

}  // namespace sums

// term(0) + … + term(count - 1), where term gives a T.
template <class T, class Term>
T blocked_sum(int64_t count, int blocking, const Term& term) {
  if (blocking == 1) return sums::blocked<8, 256, T>(count, term);
  if (blocking == 2) return sums::blocked<4, 64, T>(count, term);
  return sums::blocked<16, 1024, T>(count, term);
}

}  // namespace assay::reference
