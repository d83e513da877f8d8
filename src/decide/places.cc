#include "decide/places.h"

#include <algorithm>

#include "stats/unpaired.h"

namespace assay::decide {
namespace {

using stats::Comparison;

// Who is faster than whom, as far as that is known.
class Order {
 public:
  Order(size_t members, std::span<const Pair> pairs) : members_(members), faster_(members * members) {
    for (const Pair& pair : pairs) {
      const Comparison said = stats::verdict(pair.ratio);
      if (said == Comparison::faster) faster_[pair.a * members_ + pair.b] = true;
      if (said == Comparison::slower) faster_[pair.b * members_ + pair.a] = true;
    }
    add_chains();
  }
  [[nodiscard]] bool faster(size_t one, size_t other) const { return faster_[one * members_ + other]; }

 private:
  // Warshall's algorithm.
  void add_chains() {
    for (size_t by = 0; by < members_; ++by)
      for (size_t one = 0; one < members_; ++one)
        for (size_t other = 0; other < members_; ++other)
          if (faster(one, by) && faster(by, other)) faster_[one * members_ + other] = true;
  }

  size_t members_;
  std::vector<bool> faster_;
};

// Whether anything is known of each.
std::vector<bool> compared(size_t members, std::span<const Pair> pairs) {
  std::vector<bool> known(members, members == 1);
  for (const Pair& pair : pairs)
    if (stats::verdict(pair.ratio) != Comparison::too_few_rounds) known[pair.a] = known[pair.b] = true;
  return known;
}

// Ratios of every two: by the rounds that both have, else through a third that has rounds with both.
class Ratios {
 public:
  explicit Ratios(std::span<const std::vector<stats::VisitSamples>* const> members)
      : members_(members.size()) {
    for (const auto* one : members)
      for (const auto* other : members)
        direct_.push_back(one == other ? std::nullopt : stats::ratio_of(*one, *other));
  }
  [[nodiscard]] std::optional<stats::Estimate> between(size_t one, size_t other) const {
    if (const auto& ratio = direct(one, other)) return ratio;
    std::optional<stats::Estimate> best;
    for (size_t by = 0; by < members_; ++by) {
      const auto &ours = direct(one, by), &theirs = direct(other, by);
      if (!ours || !theirs) continue;
      const auto ratio = stats::ratio_by_control(*ours, *theirs);
      if (!best || ratio.count > best->count) best = ratio;
    }
    return best;
  }

 private:
  [[nodiscard]] const std::optional<stats::Estimate>& direct(size_t one, size_t other) const {
    return direct_[one * members_ + other];
  }
  size_t members_;
  std::vector<std::optional<stats::Estimate>> direct_;
};

}  // namespace

std::vector<Pair> pairs_of(std::span<const std::vector<stats::VisitSamples>* const> members) {
  Ratios ratios(members);
  std::vector<Pair> pairs;
  for (size_t a = 0; a < members.size(); ++a)
    for (size_t b = a + 1; b < members.size(); ++b)
      if (const auto ratio = ratios.between(a, b)) pairs.push_back({a, b, *ratio});
  return pairs;
}

std::vector<Place> places(size_t members, std::span<const Pair> pairs) {
  const Order order(members, pairs);
  const auto known = compared(members, pairs);
  std::vector<Place> places(members);
  for (size_t one = 0; one < members; ++one) {
    int ahead = 0;
    size_t behind = 0;
    for (size_t other = 0; other < members; ++other) {
      ahead += order.faster(other, one);
      behind += other != one && order.faster(one, other);
    }
    if (known[one]) places[one].number = ahead + 1;
    places[one].fastest = members > 1 && behind == members - 1;
  }
  for (Place& place : places)
    place.shared = place.number && std::ranges::count(places, place.number, &Place::number) > 1;
  return places;
}

}  // namespace assay::decide
