// Reading TOML files of ours so that a fault names file, table and key. Included by the few files that read
// one: the parser takes seconds to compile.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace assay {

// Fails (data) with file and line.
[[nodiscard]] inline Result<toml::table> parse_toml(const std::filesystem::path& file,
                                                    std::string_view text) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::data, "{}: line {}: {}", file.string(), error.source().begin.line,
                error.description());
  }
}

// Reads the keys of one TOML table and remembers which ones there may be. The first fault is kept and
// returned by finish(); until then readers go on with defaults, so that the code that reads a table is a
// plain list of its keys.
class TableReader {
 public:
  // `where` names the table in messages: "[[build]] venv", empty for the top of the file.
  TableReader(const toml::table& table, const std::filesystem::path& file, std::string where)
      : table_(table), file_(file), where_(std::move(where)) {}

  std::string text(std::string_view key) {
    std::string value = text_or(key, "");
    if (value.empty()) set_fault("key \"{}\" is missing or empty: expected a text", key);
    return value;
  }

  std::string text_or(std::string_view key, std::string_view otherwise) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::string(otherwise);
    if (!node->is_string()) set_fault("key \"{}\" must be a text", key);
    return seen(key, node->value_or(std::string(otherwise)));
  }

  bool flag_or(std::string_view key, bool otherwise) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_boolean()) set_fault("key \"{}\" must be true or false", key);
    return node == nullptr ? otherwise : node->value_or(otherwise);
  }

  double number(std::string_view key) {
    constexpr double kMost = 1e9;
    const toml::node* node = find(key);
    const double value = node != nullptr && node->is_number() ? node->value_or(-1.0) : -1.0;
    if (!(value >= 0 && value <= kMost)) set_fault("key \"{}\" must be a number from 0 to {:g}", key, kMost);
    return std::clamp(value, 0.0, kMost);
  }

  // A number that may be left out.
  std::optional<double> number_or_none(std::string_view key) {
    if (!table_.contains(key)) {
      known_.emplace_back(key);
      return std::nullopt;
    }
    return number(key);
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> values;
    const toml::node* node = find(key);
    if (node == nullptr) return values;
    if (!node->is_array()) set_fault("key \"{}\" must be a list of texts", key);
    if (const toml::array* list = node->as_array())
      for (const toml::node& item : *list) {
        if (!item.is_string()) set_fault("key \"{}\" must be a list of texts", key);
        values.push_back(seen(key, item.value_or(std::string())));
      }
    return values;
  }

  // The table of "[key]", or null.
  const toml::table* table(std::string_view key) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) set_fault("\"{}\" must be written as [{}]", key, key);
    return node == nullptr ? nullptr : node->as_table();
  }

  // The tables of "[[key]]"; none when there are none.
  std::vector<const toml::table*> tables(std::string_view key) {
    std::vector<const toml::table*> values;
    const toml::node* node = find(key);
    if (node == nullptr) return values;
    const toml::array* list = node->as_array();
    if (list == nullptr || !list->is_array_of_tables())
      set_fault("\"{}\" must be written as [[{}]]", key, key);
    if (list != nullptr)
      for (const toml::node& item : *list)
        if (item.is_table()) values.push_back(item.as_table());
    return values;
  }

  template <class... Args>
  void set_fault(fmt::format_string<Args...> format, Args&&... args) {
    if (fault_) return;
    const std::string place = where_.empty() ? "" : where_ + ": ";
    const std::string what = one_line(fmt::format(format, std::forward<Args>(args)...));
    fault_ = Error{ErrorKind::data, file_.string() + ": " + place + what};
  }

  // The first fault; when there is none, a key that nothing asked for.
  Result<> finish() {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(known_, key.str()) == known_.end())
        set_fault("unknown key \"{}\".{}", key.str(), did_you_mean(key.str(), known_));
    if (fault_) return std::unexpected(*fault_);
    return {};
  }

 private:
  // Texts are shown in lists and messages, names stand in contestants.
  std::string seen(std::string_view key, std::string value) {
    if (one_line(value, value.size()) != value)
      set_fault("key \"{}\" holds a character that is not seen or not UTF-8: '{}'", key,
                one_line(value, 120));
    return value;
  }

  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  const toml::table& table_;
  const std::filesystem::path& file_;
  std::string where_;
  std::vector<std::string> known_;
  std::optional<Error> fault_;
};

}  // namespace assay
