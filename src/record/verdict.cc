#include "record/verdict.h"

#include <array>

namespace assay::record {
namespace {

constexpr std::array<std::string_view, 6> kVerdictNames = {"unchecked", "exact",     "f32-fast",
                                                           "reduced",   "quantised", "wrong"};

}  // namespace

std::string_view name(Verdict verdict) { return kVerdictNames[static_cast<size_t>(verdict)]; }

std::optional<Verdict> verdict_from_name(std::string_view text) {
  for (size_t i = 0; i < kVerdictNames.size(); ++i)
    if (kVerdictNames[i] == text) return static_cast<Verdict>(i);
  return std::nullopt;
}

}  // namespace assay::record
