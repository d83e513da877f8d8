#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "models/checkpoint.h"

namespace assay::models {

struct Config::Json {
  nlohmann::json object;
  std::set<std::string, std::less<>> asked = {};

  // The value under `key`, which counts as asked for; nullptr when it is absent or null.
  [[nodiscard]] const nlohmann::json* find(std::string_view key) {
    asked.emplace(key);
    const auto found = object.find(std::string(key));
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
};

Result<Config> Config::read(const std::filesystem::path& path) {
  ASSAY_TRY(auto object, read_json(path));
  if (!object.is_object()) return fail(ErrorKind::data, "{}: not a JSON object", path.string());
  return Config(path.string(), std::make_shared<Json>(std::move(object)));
}

bool Config::says_nothing() const { return json_->object.empty(); }

Config Config::empty() { return {"", std::make_shared<Json>(nlohmann::json::object())}; }

bool Config::has(std::string_view key) const { return json_->find(key) != nullptr; }

std::unexpected<Error> Config::refuse(std::string_view key, std::string_view expectation) const {
  const auto* value = json_->find(key);
  if (value == nullptr)
    return fail(ErrorKind::data, "{}: {} is missing, expected {}", file_, key, expectation);
  std::string shown = value->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (shown.size() > 200) shown = shown.substr(0, 200) + "…";
  return fail(ErrorKind::data, "{}: {} is {}, expected {}", file_, key, shown, expectation);
}

Result<std::string> Config::text(std::string_view key) const {
  const auto* value = json_->find(key);
  if (value == nullptr || !value->is_string()) return refuse(key, "a text");
  return value->get<std::string>();
}

Result<int64_t> Config::positive(std::string_view key) const {
  const auto* value = json_->find(key);
  // The bound keeps products of two such numbers inside 64 bits.
  if (value == nullptr || !value->is_number_unsigned() || value->get<uint64_t>() < 1 ||
      value->get<uint64_t>() >= (1U << 31))
    return refuse(key, "an integer from 1 to 2^31 - 1");
  return value->get<int64_t>();
}

Result<double> Config::positive_real(std::string_view key) const {
  const auto* value = json_->find(key);
  if (value == nullptr || !value->is_number() || !(value->get<double>() > 0) ||
      std::isinf(value->get<double>()))
    return refuse(key, "a positive number");
  return value->get<double>();
}

Result<bool> Config::flag(std::string_view key, bool otherwise) const {
  const auto* value = json_->find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return refuse(key, "true or false");
  return value->get<bool>();
}

Result<> Config::must_be(std::string_view key, bool value) const {
  ASSAY_TRY(const bool found, flag(key, value));
  return found == value ? Result<>() : refuse(key, value ? "true" : "false");
}

Result<> Config::must_be_one_of(std::string_view key, std::span<const std::string_view> texts) const {
  const auto* value = json_->find(key);
  if (value == nullptr) return {};
  const auto known = [&](const nlohmann::json& one) {
    return one.is_string() && std::ranges::find(texts, one.get<std::string>()) != texts.end();
  };
  if (value->is_array() ? std::ranges::all_of(*value, known) : known(*value)) return {};
  return refuse(key, fmt::format("{}", fmt::join(texts, " or ")));
}

Result<> Config::must_be_nothing(std::string_view key) const {
  const auto* value = json_->find(key);
  const bool nothing = value == nullptr || (value->is_structured() && value->empty());
  return nothing ? Result<>() : refuse(key, "nothing under this key: it asks for another model");
}

Result<> Config::check_all_asked(std::span<const std::string_view> without_effect) const {
  for (const auto& [key, value] : json_->object.items())
    if (!value.is_null() && !json_->asked.contains(key) &&
        std::ranges::find(without_effect, key) == without_effect.end())
      return refuse(one_line(key, 200),
                    "no such key: what it asks for is not known here. Take it out of the file if the model's "
                    "outputs do not depend on it");
  return {};
}

Result<Config> Config::section(std::string_view key) const {
  const auto* value = json_->find(key);
  if (value != nullptr && !value->is_object()) return refuse(key, "an object");
  auto object = value != nullptr ? *value : nlohmann::json::object();
  return Config(fmt::format("{}: {}", file_, key), std::make_shared<Json>(std::move(object)));
}

}  // namespace assay::models
