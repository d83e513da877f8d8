// Reading the small text files in which a system tells about itself: a missing or odd file is an absent
// value, never an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::host {

// The file's text without trailing white space; empty when it cannot be read.
[[nodiscard]] std::string text_of(const std::filesystem::path& path);

// The value of the first line "key<separator>value", trimmed, without quotes around it; absent when there is
// no such line.
[[nodiscard]] std::optional<std::string> value_of(std::string_view text, std::string_view key,
                                                  char separator);

// A decimal integer or number at the start of `text`, or nothing.
[[nodiscard]] std::optional<int64_t> integer_in(std::string_view text);
[[nodiscard]] std::optional<double> number_in(std::string_view text);

// The numbers of a list as the kernel writes them: "0-2,8" -> 0, 1, 2, 8. What is no number is left out.
[[nodiscard]] std::vector<int> numbers_of_list(std::string_view text);

// The words of `text`, split at white space.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

}  // namespace assay::host
