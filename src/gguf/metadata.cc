#include "gguf/metadata.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"

namespace assay::gguf {
namespace {

constexpr size_t kMostOfText = 100;  // of a text from outside
constexpr int64_t kMostInteger = std::numeric_limits<int32_t>::max();

std::string shown(const MetadataValue& field) {
  if (const auto* flag = std::get_if<bool>(&field)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&field)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&field)) return fmt::format("{}", *real);
  if (const auto* list = std::get_if<List>(&field)) return fmt::format("a list of {}", list->count);
  return fmt::format("'{}'", one_line(std::get<std::string_view>(field), kMostOfText));
}

// The one integer that it says, of a list the one that all entries are.
std::optional<int64_t> integer_of(const MetadataValue& field) {
  if (const auto* integer = std::get_if<int64_t>(&field)) return *integer;
  const auto* list = std::get_if<List>(&field);
  if (list == nullptr || list->numbers.empty()) return std::nullopt;
  const auto& first = list->numbers.front();
  const bool equal = std::ranges::all_of(list->numbers, [&](const auto& one) { return one == first; });
  const auto* integer = std::get_if<int64_t>(&first);
  return equal && integer != nullptr ? std::optional(*integer) : std::nullopt;
}

}  // namespace

const MetadataValue* Metadata::asked(std::string_view key) const {
  asked_.emplace(key);
  const auto found = fields_.find(key);
  return found == fields_.end() ? nullptr : &found->second;
}

std::unexpected<Error> Metadata::refuse(std::string_view key, std::string_view expectation) const {
  const auto found = fields_.find(key);
  const std::string name = one_line(key, kMostOfText);
  if (found == fields_.end())
    return fail(ErrorKind::data, "{}: the key {} is missing, expected {}", file_, name, expectation);
  return fail(ErrorKind::data, "{}: {} is {}, expected {}", file_, name, shown(found->second), expectation);
}

Result<std::string> Metadata::text(std::string_view key) const {
  const MetadataValue* found = asked(key);
  const auto* text = found == nullptr ? nullptr : std::get_if<std::string_view>(found);
  return text == nullptr ? Result<std::string>(refuse(key, "a text")) : std::string(*text);
}

Result<bool> Metadata::flag(std::string_view key, bool otherwise) const {
  const MetadataValue* found = asked(key);
  if (found == nullptr) return otherwise;
  const auto* flag = std::get_if<bool>(found);
  return flag == nullptr ? Result<bool>(refuse(key, "true or false")) : *flag;
}

Result<int64_t> Metadata::integer(std::string_view key, int64_t least) const {
  const MetadataValue* found = asked(key);
  const std::optional<int64_t> integer = found == nullptr ? std::nullopt : integer_of(*found);
  if (!integer || *integer < least || *integer > kMostInteger)
    return refuse(key, fmt::format("an integer from {} to {}", least, kMostInteger));
  return *integer;
}

Result<double> Metadata::positive_real(std::string_view key) const {
  const MetadataValue* found = asked(key);
  const auto* real = found == nullptr ? nullptr : std::get_if<double>(found);
  if (real == nullptr || !(*real > 0) || !std::isfinite(*real)) return refuse(key, "a positive number");
  return *real;
}

bool Metadata::is_list(std::string_view key) const {
  const auto found = fields_.find(key);
  return found != fields_.end() && std::holds_alternative<List>(found->second);
}

Result<std::vector<bool>> Metadata::flags(std::string_view key, size_t count) const {
  const MetadataValue* found = asked(key);
  const auto* list = found == nullptr ? nullptr : std::get_if<List>(found);
  const std::string expectation = fmt::format("a list of {} flags, one a layer", count);
  if (list == nullptr || list->numbers.size() != count) return refuse(key, expectation);
  std::vector<bool> result;
  for (const auto& one : list->numbers) {
    const auto* integer = std::get_if<int64_t>(&one);
    if (integer == nullptr || *integer < 0 || *integer > 1) return refuse(key, expectation);
    result.push_back(*integer == 1);
  }
  return result;
}

Result<> Metadata::check_all_asked(std::span<const std::string_view> harmless) const {
  const auto is_harmless = [&](std::string_view key) {
    return std::ranges::any_of(harmless, [&](std::string_view known) {
      return known.ends_with('.') ? key.starts_with(known) : key == known;
    });
  };
  for (const auto& [key, field] : fields_)
    if (!asked_.contains(key) && !is_harmless(key))
      return refuse(key, "no such key: what it asks for is not known here");
  return {};
}

}  // namespace assay::gguf
