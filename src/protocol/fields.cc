#include "protocol/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace assay::protocol {

std::string excerpt(std::string_view text) { return one_line(text, 120); }

Decoded<Json> parse_object(std::string_view line) {
  if (line.size() > kMostLineBytes)
    return std::unexpected(fmt::format("a line of {} bytes is too long", line.size()));
  if (line.find('\r') != std::string_view::npos)
    return std::unexpected(fmt::format("a carriage return in the line: '{}'", excerpt(line)));
  auto json = parse_json(line, "line");
  if (!json) return std::unexpected(json.error().message);
  if (!json->is_object()) return std::unexpected(fmt::format("not a JSON object: '{}'", excerpt(line)));
  return *std::move(json);
}

Fields::Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) fault("is not an object");
}

void Fields::fault(std::string message) {
  if (!fault_) fault_ = where_ + ": " + std::move(message);
}

const Json* Fields::find(const char* key) {
  if (fault_) return nullptr;
  read_.insert(key);
  const auto found = object_.find(key);
  if (found != object_.end()) return &*found;
  fault(fmt::format("'{}' is missing", key));
  return nullptr;
}

std::string Fields::checked_name(const Json& value, const char* key, size_t most) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->empty() || text->size() > most) {
    fault(fmt::format("'{}' must be a text of 1 to {} bytes", key, most));
    return {};
  }
  return one_line(*text, most);
}

std::string Fields::checked_path(const Json& value, const char* key) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->empty() || text->find('\0') != std::string::npos) {
    fault(fmt::format("'{}' must be a path", key));
    return {};
  }
  return *text;
}

int64_t Fields::checked_integer(const Json& value, const char* key, int64_t least, int64_t most) {
  const bool fits = value.is_number_integer() && (!value.is_number_unsigned() ||
                                                  value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX));
  const int64_t number = fits ? value.get<int64_t>() : 0;
  if (fits && number >= least && number <= most) return number;
  fault(fmt::format("'{}' must be an integer from {} to {}", key, least, most));
  return {};
}

std::string Fields::name(const char* key, size_t most) {
  const Json* value = find(key);
  return value == nullptr ? std::string() : checked_name(*value, key, most);
}

std::string Fields::text(const char* key, size_t most) {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (const auto* text = value->get_ptr<const std::string*>()) return sanitised(*text, most);
  fault(fmt::format("'{}' must be a text", key));
  return {};
}

std::string Fields::path(const char* key) {
  const Json* value = find(key);
  return value == nullptr ? std::string() : checked_path(*value, key);
}

std::optional<std::string> Fields::path_or_null(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return checked_path(*value, key);
}

int64_t Fields::integer(const char* key, int64_t least, int64_t most) {
  const Json* value = find(key);
  return value == nullptr ? 0 : checked_integer(*value, key, least, most);
}

bool Fields::boolean(const char* key) {
  const Json* value = find(key);
  if (value != nullptr && !value->is_boolean()) fault(fmt::format("'{}' must be true or false", key));
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

const Json* Fields::list(const char* key, size_t most) {
  const Json* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_array() && value->size() <= most) return value;
  fault(fmt::format("'{}' must be a list of at most {} entries", key, most));
  return nullptr;
}

std::vector<std::string> Fields::names(const char* key, size_t most) {
  std::vector<std::string> result;
  if (const Json* values = list(key, most))
    for (const Json& value : *values) result.push_back(checked_name(value, key, 128));
  return result;
}

std::vector<int64_t> Fields::integers(const char* key, size_t most, int64_t least_value, int64_t most_value) {
  std::vector<int64_t> result;
  if (const Json* values = list(key, most))
    for (const Json& value : *values) result.push_back(checked_integer(value, key, least_value, most_value));
  return result;
}

std::vector<const Json*> Fields::objects(const char* key, size_t most) {
  std::vector<const Json*> result;
  if (const Json* values = list(key, most))
    for (const Json& value : *values) result.push_back(&value);
  return result;
}

std::map<std::string, std::string> Fields::texts(const char* key, size_t most) {
  std::map<std::string, std::string> result;
  const Json* values = object(key);
  if (values == nullptr) return result;
  if (values->size() > most) {
    fault(fmt::format("'{}' has more than {} entries", key, most));
    return result;
  }
  for (const auto& [name, value] : values->items()) {
    const auto* text = value.get_ptr<const std::string*>();
    if (!value.is_primitive() || value.is_null())
      fault(fmt::format("'{}': '{}' must be a text, a number, true or false", key, excerpt(name)));
    else
      result[excerpt(name)] = sanitised(text != nullptr ? *text : value.dump(), 1024);
  }
  return result;
}

const Json* Fields::object(const char* key) {
  const Json* value = find(key);
  if (value != nullptr && value->is_object()) return value;
  if (value != nullptr) fault(fmt::format("'{}' must be an object", key));
  return nullptr;
}

std::optional<std::string> Fields::finish() {
  if (fault_) return fault_;
  for (const auto& [key, value] : object_.items())
    if (!read_.contains(key)) return fmt::format("{}: unknown field '{}'", where_, excerpt(key));
  return std::nullopt;
}

}  // namespace assay::protocol
