// Small operations on text that several modules need: the nearest names for an unknown one, and text from
// outside made safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

// Up to `most` of `known`, nearest to `name` first, by Damerau-Levenshtein distance (optimal string
// alignment); only those within a third of the longer length, or that contain `name`.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name,
                                                     std::span<const std::string> known, size_t most = 3);

// " Did you mean a, b?" from nearest_names, or an empty text.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> known);

// How deep a JSON text from outside may be nested: deeper than any file of ours, and far from what a
// recursion over its values can take.
inline constexpr size_t kMostNesting = 64;

// Whether the text is UTF-8 as RFC 3629 has it.
[[nodiscard]] bool is_utf8(std::string_view text);

// Text from outside, safe to print and store: invalid UTF-8, control characters (other than newline and tab)
// and characters that are not seen but turn, hide or break text each become '?', and escape sequences lose
// their power with it; at most `most` bytes, cut with " […]".
[[nodiscard]] std::string sanitised(std::string_view text, size_t most = 4096);
// The same on one line: newlines and tabs become '?', too.
[[nodiscard]] std::string one_line(std::string_view text, size_t most = 4096);

// A word as a shell takes it: in single quotes where it has characters that mean something to one.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace assay
