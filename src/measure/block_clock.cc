#include "measure/block_clock.h"

#include <algorithm>
#include <climits>

#include "measure/schedule.h"

namespace assay::measure {
namespace {

constexpr double kSecondsPerNanosecond = 1e-9;

}  // namespace

void BlockClock::begin_turns(int64_t now_ns, std::optional<int64_t> end_ns, double later_s) {
  begun_ns_ = now_ns;
  end_ns_ = end_ns;
  later_s_ = later_s;
}

bool BlockClock::late(int64_t now_ns) const {
  return end_ns_ && now_ns + launches_ns_ + round_ns_ + questions_ns_ > *end_ns_;
}

int BlockClock::blocks_that_fit(int64_t now_ns) const {
  if (!end_ns_ || block_ns_ == 0) return INT_MAX;
  return static_cast<int>(std::max<int64_t>(0, (*end_ns_ - now_ns) / block_ns_));
}

std::optional<int64_t> BlockClock::deadline_of(const BlockPlace& block, double expected_round_ns) const {
  if (!end_ns_ || block.turn >= plan_.least_blocks) return end_ns_;
  const int64_t time_ns = (*end_ns_ - begun_ns_) / block.of;
  const int blocks = blocks_within(static_cast<double>(time_ns) * kSecondsPerNanosecond,
                                   static_cast<double>(launches_ns_) * kSecondsPerNanosecond,
                                   expected_round_ns * kSecondsPerNanosecond, plan_.least_blocks);
  return std::min(*end_ns_, begun_ns_ + time_ns / blocks * (block.turn * block.of + block.place + 1));
}

bool BlockClock::fits_a_round(int64_t now_ns, std::optional<int64_t> deadline_ns, bool asks) const {
  return !deadline_ns || now_ns + round_ns_ + (asks ? questions_ns_ : 0) <= *deadline_ns;
}

double BlockClock::left_s(int64_t now_ns, int rounds, int blocks) const {
  const double block_s =
      static_cast<double>(launches_ns_ + plan_.rounds_per_block * round_ns_) * kSecondsPerNanosecond;
  double left_s = static_cast<double>(rounds * round_ns_) * kSecondsPerNanosecond + blocks * block_s;
  if (end_ns_)
    left_s = std::clamp(left_s, 0.0,
                        std::max(0.0, static_cast<double>(*end_ns_ - now_ns) * kSecondsPerNanosecond));
  return left_s + later_s_;
}

}  // namespace assay::measure
