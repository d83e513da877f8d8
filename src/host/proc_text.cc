#include "host/proc_text.h"

#include <charconv>

#include "base/file.h"

namespace assay::host {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  text = trimmed(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

std::string text_of(const std::filesystem::path& path) {
  const Result<std::string> content = read_file(path);
  if (!content) return {};
  const size_t last = content->find_last_not_of(kSpace);
  return last == std::string::npos ? std::string() : content->substr(0, last + 1);
}

std::optional<std::string> value_of(std::string_view text, std::string_view key, char separator) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const size_t at = line.find(separator);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == key)
      return std::string(unquoted(trimmed(line.substr(at + 1))));
  }
  return std::nullopt;
}

std::optional<int64_t> integer_in(std::string_view text) { return parsed<int64_t>(text); }
std::optional<double> number_in(std::string_view text) { return parsed<double>(text); }

std::vector<int> numbers_of_list(std::string_view text) {
  constexpr int64_t kMost = 1 << 20;  // a range in a damaged file must not fill the memory
  std::vector<int> numbers;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view range = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const size_t dash = range.find('-');
    const auto first = integer_in(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : integer_in(range.substr(dash + 1));
    if (!first || !last || *first < 0 || *last > kMost) continue;
    for (int64_t each = *first; each <= *last; ++each) numbers.push_back(static_cast<int>(each));
  }
  return numbers;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = text.find_first_not_of(kSpace); begin != std::string_view::npos;) {
    const size_t end = text.find_first_of(kSpace, begin);
    words.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    begin = end == std::string_view::npos ? end : text.find_first_not_of(kSpace, end);
  }
  return words;
}

}  // namespace assay::host
