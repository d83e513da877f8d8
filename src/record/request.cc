#include "record/request.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"

namespace assay::record {
namespace {

constexpr std::array kWords = {
    DimensionWords{Dimension::tokens, "tokens", "", "", "tokens read in one step"},
    DimensionWords{Dimension::context, "context", "@", "", "positions before the step's token"},
    DimensionWords{Dimension::new_tokens, "new-tokens", "+", "", "tokens written one after the other"},
    DimensionWords{Dimension::image, "image", "", "px", "pixels a side of an image"},
    DimensionWords{Dimension::latent, "latent", "", "lat", "pixels a side of a latent image"},
    DimensionWords{Dimension::seconds, "seconds", "", "s", "seconds of speech"},
    DimensionWords{Dimension::batch, "batch", "x", "", "requests answered by one step"},
};

std::optional<int64_t> number_of(std::string_view digits) {
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || digits.front() < '1' || digits.front() > '9' ||
      value > kMostOfDimension)
    return std::nullopt;
  return value;
}

std::string form(const DimensionWords& words) {
  return fmt::format("{}4{} ({})", words.before, words.after, words.name);
}

// The dimension that `text` is written as, with its number.
std::optional<std::pair<Dimension, int64_t>> read_size(std::string_view text) {
  for (const DimensionWords& words : kWords) {
    if (text.size() <= words.before.size() + words.after.size() || !text.starts_with(words.before) ||
        !text.ends_with(words.after))
      continue;
    const auto digits =
        text.substr(words.before.size(), text.size() - words.before.size() - words.after.size());
    if (const auto number = number_of(digits)) return std::pair(words.dimension, *number);
  }
  return std::nullopt;
}

Result<> add_size(Request& request, std::string_view item, std::string_view text) {
  const auto size = read_size(item);
  if (!size) {
    std::vector<std::string> forms;
    for (const DimensionWords& words : kWords) forms.push_back(form(words));
    return fail(ErrorKind::usage, "'{}': '{}' is no size of a request; sizes look like {}",
                one_line(text, 100), one_line(item, 40), fmt::join(forms, ", "));
  }
  if (!request.insert(*size).second)
    return fail(ErrorKind::usage, "'{}': {} comes twice", one_line(text, 100), words_of(size->first).name);
  return {};
}

}  // namespace

std::span<const DimensionWords> dimensions() { return kWords; }

const DimensionWords& words_of(Dimension dimension) {
  return *std::ranges::find(kWords, dimension, &DimensionWords::dimension);
}

std::string to_string(const WorkloadName& name) {
  std::vector<std::string> sizes;
  for (const auto& [dimension, number] : name.request) {
    const DimensionWords& words = words_of(dimension);
    sizes.push_back(fmt::format("{}{}{}", words.before, number, words.after));
  }
  return sizes.empty() ? name.kind : fmt::format("{}[{}]", name.kind, fmt::join(sizes, ","));
}

Result<WorkloadName> parse_workload(std::string_view text) {
  WorkloadName name{.kind = std::string(kind_of(text)), .request = {}};
  std::string_view rest = text.substr(name.kind.size());
  if (rest.empty()) return name;
  if (!rest.ends_with(']'))
    return fail(ErrorKind::usage, "'{}': a ']' is missing at its end", one_line(text, 100));
  rest = rest.substr(1, rest.size() - 2);
  for (bool more = true; more;) {
    const size_t comma = rest.find(',');
    ASSAY_TRY_VOID(add_size(name.request, rest.substr(0, comma), text));
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return name;
}

std::string_view kind_of(std::string_view workload) { return workload.substr(0, workload.find('[')); }

bool matches(std::string_view workload, std::string_view filter) {
  return workload == filter || (kind_of(filter) == filter && kind_of(workload) == filter);
}

}  // namespace assay::record
