#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

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

// A code point at the start of a text and how many bytes it has there; 0 when there is no valid one.
struct CodePoint {
  size_t length = 0;
  uint32_t value = 0;
};

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
CodePoint first_code_point(std::string_view text) {
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) return {1, byte(0)};
  const size_t length = byte(0) < 0xC0 ? 0 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : byte(0) < 0xF8 ? 4 : 0;
  if (length == 0 || text.size() < length) return {};
  uint32_t value = byte(0) & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return value < kLeast[length] || surrogate || value > 0x10FFFF ? CodePoint{} : CodePoint{length, value};
}

// What a terminal obeys or does not show: control characters, and Unicode's characters of format (category
// Cf), of line and of paragraph (Zl, Zp), which turn the direction of text, hide, or break lines.
bool is_unseen(uint32_t point) {
  constexpr std::array<std::pair<uint32_t, uint32_t>, 17> kRanges = {{{0x00, 0x1F},
                                                                      {0x7F, 0x9F},
                                                                      {0xAD, 0xAD},
                                                                      {0x600, 0x605},
                                                                      {0x61C, 0x61C},
                                                                      {0x6DD, 0x6DD},
                                                                      {0x70F, 0x70F},
                                                                      {0x180E, 0x180E},
                                                                      {0x200B, 0x200F},
                                                                      {0x2028, 0x202E},
                                                                      {0x2060, 0x206F},
                                                                      {0xFEFF, 0xFEFF},
                                                                      {0xFFF9, 0xFFFB},
                                                                      {0x13430, 0x1343F},
                                                                      {0x1BCA0, 0x1BCA3},
                                                                      {0x1D173, 0x1D17A},
                                                                      {0xE0000, 0xE007F}}};
  return std::ranges::any_of(
      kRanges, [point](const auto& range) { return range.first <= point && point <= range.second; });
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

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.length == 0) return false;
    text.remove_prefix(first.length);
  }
  return true;
}

std::string sanitised(std::string_view text, size_t most) {
  std::string safe;
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    const size_t taken = std::max<size_t>(first.length, 1);
    if (safe.size() + taken > most) return safe + " […]";
    const bool kept = first.value == '\n' || first.value == '\t';
    if (first.length == 0 || (is_unseen(first.value) && !kept))
      safe += '?';
    else
      safe += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return safe;
}

std::string one_line(std::string_view text, size_t most) {
  std::string line = sanitised(text, most);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, '?');
  return line;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) c == '\'' ? word += "'\\''" : word += c;
  return word + "'";
}

}  // namespace assay
