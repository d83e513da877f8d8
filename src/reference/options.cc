#include "reference/options.h"

#include <algorithm>
#include <array>

namespace assay::reference {
namespace {

constexpr std::array<std::string_view, 4> kOperands = {"full", "tf32", "f16", "bf16"};
constexpr std::array<std::string_view, 3> kKinks = {"computed", "on", "off"};

template <class Enum, size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name(Operands operands) { return kOperands[static_cast<size_t>(operands)]; }
std::string_view name(Kinks kinks) { return kKinks[static_cast<size_t>(kinks)]; }

std::optional<Operands> operands_from_name(std::string_view name) {
  return from_name<Operands>(kOperands, name);
}
std::optional<Kinks> kinks_from_name(std::string_view name) { return from_name<Kinks>(kKinks, name); }

}  // namespace assay::reference
