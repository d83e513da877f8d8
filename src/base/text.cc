#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

namespace assay {
namespace {

// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours (Boytsov
// 2011, section 2.1).
size_t edit_distance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<size_t> cost((a.size() + 1) * width);
  auto at = [&](size_t i, size_t j) -> size_t& { return cost[i * width + j]; };
  for (size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

// Length of the valid UTF-8 sequence at the start of `text`, 0 when there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  size_t length = 0;
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) < 0xE0) length = 2;
  if (byte(0) >= 0xE0 && byte(0) < 0xF0) length = 3;
  if (byte(0) >= 0xF0 && byte(0) < 0xF5) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool c1_control = byte(0) == 0xC2 && byte(1) < 0xA0;
  return c1_control ? 0 : length;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known,
                                       size_t most) {
  std::vector<std::pair<size_t, std::string>> scored;
  for (const std::string& candidate : known) {
    const size_t longer = std::max(name.size(), candidate.size());
    const bool contains = !name.empty() && candidate.find(name) != std::string::npos;
    // The distance is at least what the lengths differ by, and takes time and memory of their product.
    if (!contains && (longer - std::min(name.size(), candidate.size())) * 3 > longer) continue;
    const size_t distance = edit_distance(name, candidate);
    if (contains || distance * 3 <= longer) scored.emplace_back(distance, candidate);
  }
  std::ranges::sort(scored);
  std::vector<std::string> result;
  for (auto& [distance, candidate] : scored)
    if (result.size() < most) result.push_back(std::move(candidate));
  return result;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
  const auto nearest = nearest_names(name, known);
  return nearest.empty() ? std::string() : fmt::format(" Did you mean {}?", fmt::join(nearest, ", "));
}

bool nested_too_deep(std::string_view json) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char letter = json[i];
    if (letter == '"') in_string = !in_string;
    if (in_string && letter == '\\') ++i;
    if (in_string) continue;
    if ((letter == '[' || letter == '{') && ++depth > kMostNesting) return true;
    if ((letter == ']' || letter == '}') && depth > 0) --depth;
  }
  return false;
}

std::string sanitised(std::string_view text, size_t most) {
  std::string safe;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto first = static_cast<uint8_t>(text[0]);
    const bool control = length == 1 && (first < 0x20 || first == 0x7F) && first != '\n' && first != '\t';
    const size_t taken = std::max<size_t>(length, 1);
    if (safe.size() + taken > most) return safe + " […]";
    if (length == 0 || control)
      safe += '?';
    else
      safe += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return safe;
}

}  // namespace assay
