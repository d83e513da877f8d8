#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_fields.h"
#include "models/checkpoint.h"

namespace assay::models {

using nlohmann::json;

struct Config::Object {
  Object(json read, std::string where) : object(std::move(read)), fields(object, std::move(where)) {
    for (auto entry = object.begin(); entry != object.end();) {
      if (entry->is_null()) nulls.insert(entry.key());
      entry = entry->is_null() ? object.erase(entry) : std::next(entry);
    }
  }
  json object;
  std::set<std::string, std::less<>> nulls;
  JsonFields fields;

  // What was read, or why it could not be.
  template <class T>
  [[nodiscard]] Result<T> checked(T value) const {
    ASSAY_TRY_VOID(fields.status());
    return value;
  }
};

Result<Config> Config::read(const std::filesystem::path& path) {
  ASSAY_TRY(auto object, read_json(path));
  Config config(std::make_shared<Object>(std::move(object), path.string()));
  ASSAY_TRY_VOID(config.object_->fields.status());
  return config;
}

Config Config::empty() { return Config(std::make_shared<Object>(json::object(), "")); }

bool Config::says_nothing() const { return object_->object.empty(); }

bool Config::has(std::string_view key) const { return object_->fields.has(key); }

bool Config::is_null(std::string_view key) const { return object_->nulls.contains(key); }

bool Config::names(std::string_view key, std::string_view text) const {
  const auto found = object_->object.find(key);
  if (found == object_->object.end()) return false;
  return found->is_array() ? std::ranges::find(*found, json(text)) != found->end() : *found == json(text);
}

bool Config::all_begin(std::string_view key, std::string_view text) const {
  const auto found = object_->object.find(key);
  return found != object_->object.end() && found->is_object() &&
         std::ranges::all_of(*found, [&](const json& one) {
           return one.is_string() && one.get<std::string>().starts_with(text);
         });
}

std::unexpected<Error> Config::refuse(std::string_view key, std::string_view expectation) const {
  object_->fields.refuse(key, expectation);
  return std::unexpected(object_->fields.status().error());
}

Result<std::string> Config::text(std::string_view key) const {
  return object_->checked(object_->fields.text(key));
}

Result<int64_t> Config::positive(std::string_view key) const {
  // The bound keeps products of two such numbers inside 64 bits.
  return object_->checked(object_->fields.integer(key, 1, std::numeric_limits<int32_t>::max()));
}

Result<int64_t> Config::natural(std::string_view key) const {
  return object_->checked(object_->fields.integer(key, 0, std::numeric_limits<int32_t>::max()));
}

Result<double> Config::positive_real(std::string_view key) const {
  ASSAY_TRY(const double number, object_->checked(object_->fields.number(key)));
  return number > 0 ? Result<double>(number) : refuse(key, "a positive number");
}

Result<bool> Config::flag(std::string_view key, bool otherwise) const {
  return has(key) ? object_->checked(object_->fields.boolean(key)) : otherwise;
}

Result<std::vector<double>> Config::positive_reals(std::string_view key, size_t count) const {
  const std::string expectation = fmt::format("a list of {} positive numbers", count);
  const json* found = object_->fields.value(key, expectation);
  const auto fits = [](const json& one) { return one.is_number() && one.get<double>() > 0; };
  if (found == nullptr || !found->is_array() || found->size() != count || !std::ranges::all_of(*found, fits))
    return refuse(key, expectation);
  return found->get<std::vector<double>>();
}

Result<std::vector<int64_t>> Config::integers(std::string_view key, size_t count) const {
  ASSAY_TRY(auto found, object_->checked(object_->fields.integers(key)));
  if (found.size() != count) return refuse(key, fmt::format("a list of {} integers", count));
  return found;
}

Result<std::vector<std::string>> Config::texts(std::string_view key, size_t count) const {
  ASSAY_TRY(auto found, object_->checked(object_->fields.texts(key)));
  if (found.size() != count) return refuse(key, fmt::format("a list of {} texts", count));
  return found;
}

Result<> Config::must_be(std::string_view key, bool value) const {
  ASSAY_TRY(const bool found, flag(key, value));
  return found == value ? Result<>() : refuse(key, value ? "true" : "false");
}

Result<> Config::must_be_one_of(std::string_view key, std::span<const std::string_view> texts) const {
  if (!has(key)) return {};
  const std::string expectation = fmt::format("{}", fmt::join(texts, " or "));
  const json* value = object_->fields.value(key, expectation);
  const auto known = [&](const json& one) {
    return one.is_string() && std::ranges::find(texts, one.get<std::string>()) != texts.end();
  };
  if (value != nullptr && (value->is_array() ? std::ranges::all_of(*value, known) : known(*value))) return {};
  return refuse(key, expectation);
}

Result<> Config::must_be_nothing(std::string_view key) const {
  if (!has(key)) return {};
  constexpr std::string_view kExpectation = "nothing under this key: it asks for another model";
  const json* value = object_->fields.value(key, kExpectation);
  return value != nullptr && value->is_structured() && value->empty() ? Result<>()
                                                                      : refuse(key, kExpectation);
}

Result<> Config::check_all_asked(std::span<const std::string_view> without_effect) const {
  for (const std::string& key : object_->fields.unread())
    if (std::ranges::find(without_effect, key) == without_effect.end())
      return refuse(key,
                    "no such key: what it asks for is not known here. Take it out of the file if the model's "
                    "outputs do not depend on it");
  return {};
}

Result<Config> Config::section(std::string_view key) const {
  if (!has(key)) return empty();
  const json* value = object_->fields.value(key, "an object");
  if (value == nullptr || !value->is_object()) return refuse(key, "an object");
  return Config(std::make_shared<Object>(*value, fmt::format("{}: {}", object_->fields.where(), key)));
}

}  // namespace assay::models
