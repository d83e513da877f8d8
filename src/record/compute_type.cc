#include "record/compute_type.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace assay::record {
namespace {

constexpr std::array<std::string_view, 5> kComputeTypeNames = {"f32", "tf32", "bf16", "f16", "f64"};

}  // namespace

std::string_view name(ComputeType type) { return kComputeTypeNames[static_cast<size_t>(type)]; }

std::optional<ComputeType> compute_type_from_name(std::string_view text) {
  const auto found = std::ranges::find(kComputeTypeNames, text);
  if (found == kComputeTypeNames.end()) return std::nullopt;
  return static_cast<ComputeType>(found - kComputeTypeNames.begin());
}

std::string compute_type_names() { return fmt::format("{}", fmt::join(kComputeTypeNames, ", ")); }

bool is_reduced(ComputeType type) {
  return type == ComputeType::tf32 || type == ComputeType::bf16 || type == ComputeType::f16;
}

double unit_roundoff(ComputeType type) {
  switch (type) {
    case ComputeType::f64:
      return 0x1p-53;
    case ComputeType::f32:
      return 0x1p-24;
    case ComputeType::tf32:
    case ComputeType::f16:
      return 0x1p-11;
    case ComputeType::bf16:
      return 0x1p-8;
  }
  std::unreachable();
}

}  // namespace assay::record
