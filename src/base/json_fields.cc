#include "base/json_fields.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr size_t kMostShown = 120;  // of a name or a value from outside

std::string shown(const json& value) { return one_line(json_text(value), kMostShown); }

// "a text of 1 to 128 bytes", or with `noun` "texts", of lists, "texts of 1 to 128 bytes".
std::string texts_between(std::string_view noun, size_t least, size_t most) {
  if (most == JsonFields::kAnyBytes) return std::string(noun);
  return fmt::format("{} of {} to {} bytes", noun, least, most);
}

std::string integers_between(std::string_view noun, int64_t least, int64_t most) {
  if (least == JsonFields::kLeastInteger && most == JsonFields::kMostInteger) return std::string(noun);
  return fmt::format("{} from {} to {}", noun, least, most);
}

const std::string* text_in(const json& value, size_t least, size_t most) {
  const auto* text = value.get_ptr<const std::string*>();
  return text != nullptr && text->size() >= least && text->size() <= most ? text : nullptr;
}

std::optional<int64_t> integer_in(const json& value, int64_t least, int64_t most) {
  const auto number = integer_of(value);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

std::string held(std::string_view key, const json& entry, std::string_view expectation) {
  return fmt::format("'{}' holds {}, expected {}", key, shown(entry), expectation);
}

}  // namespace

std::optional<int64_t> integer_of(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  const bool fits = !value.is_number_unsigned() || value.get<uint64_t>() <= JsonFields::kMostInteger;
  return fits ? std::optional(value.get<int64_t>()) : std::nullopt;
}

JsonFields::JsonFields(const json& object, std::string where, Unknown unknown)
    : object_(&object), where_(std::move(where)), unknown_(unknown) {
  if (object.is_object()) return;
  static const json kEmpty = json::object();
  object_ = &kEmpty;
  fault_ = fmt::format("{} is {}, expected an object", where_, shown(object));
}

void JsonFields::fault(std::string_view message) {
  if (!fault_) fault_ = fmt::format("{}: {}", where_, message);
}

void JsonFields::refuse(std::string_view key, std::string_view expectation) {
  if (fault_) return;
  const auto found = object_->find(key);
  const std::string value = found == object_->end() ? "missing" : shown(*found);
  fault(fmt::format("'{}' is {}, expected {}", one_line(key, kMostShown), value, expectation));
}

const json* JsonFields::value(std::string_view key, std::string_view expectation) {
  if (fault_) return nullptr;
  asked_.emplace(key);
  const auto found = object_->find(key);
  if (found != object_->end()) return &*found;
  refuse(key, expectation);
  return nullptr;
}

const json* JsonFields::value_if(std::string_view key, bool (json::*fits)() const noexcept,
                                 std::string_view expectation) {
  const json* found = value(key, expectation);
  if (found == nullptr || (found->*fits)()) return found;
  refuse(key, expectation);
  return nullptr;
}

std::string JsonFields::text(std::string_view key, size_t least, size_t most) {
  const std::string expectation = texts_between("a text", least, most);
  const json* found = value(key, expectation);
  if (found == nullptr) return {};
  if (const std::string* text = text_in(*found, least, most)) return *text;
  refuse(key, expectation);
  return {};
}

int64_t JsonFields::integer(std::string_view key, int64_t least, int64_t most) {
  const std::string expectation = integers_between("an integer", least, most);
  const json* found = value(key, expectation);
  if (found == nullptr) return 0;
  const auto number = integer_in(*found, least, most);
  if (!number) refuse(key, expectation);
  return number.value_or(0);
}

double JsonFields::number(std::string_view key) {
  const json* found = value_if(key, &json::is_number, "a number");
  return found == nullptr ? 0 : found->get<double>();
}

bool JsonFields::boolean(std::string_view key) {
  const json* found = value_if(key, &json::is_boolean, "true or false");
  return found != nullptr && found->get<bool>();
}

const json* JsonFields::list(std::string_view key, size_t most_entries) {
  const json* found = value_if(key, &json::is_array, "a list");
  if (found == nullptr || found->size() <= most_entries) return found;
  fault(fmt::format("'{}' is a list of {} entries, expected {} at most", key, found->size(), most_entries));
  return nullptr;
}

std::vector<std::string> JsonFields::texts(std::string_view key, size_t most_entries, size_t least,
                                           size_t most) {
  std::vector<std::string> result;
  const json* entries = list(key, most_entries);
  if (entries == nullptr) return result;
  for (const json& entry : *entries) {
    const std::string* text = text_in(entry, least, most);
    if (text == nullptr) fault(held(key, entry, texts_between("texts", least, most)));
    if (text == nullptr) return {};
    result.push_back(*text);
  }
  return result;
}

std::vector<int64_t> JsonFields::integers(std::string_view key, size_t most_entries, int64_t least,
                                          int64_t most) {
  std::vector<int64_t> result;
  const json* entries = list(key, most_entries);
  if (entries == nullptr) return result;
  for (const json& entry : *entries) {
    const auto number = integer_in(entry, least, most);
    if (!number) fault(held(key, entry, integers_between("integers", least, most)));
    if (!number) return {};
    result.push_back(*number);
  }
  return result;
}

void JsonFields::read_inner(const json& object, std::string where, const Read& read) {
  JsonFields inner(object, std::move(where), unknown_);
  if (!inner.fault_) read(inner);
  if (auto end = inner.finish(); !end) fault_ = std::move(end.error().message);
}

void JsonFields::nested(std::string_view key, const Read& read) {
  if (const json* object = value(key, "an object"))
    read_inner(*object, fmt::format("{}: {}", where_, one_line(key, kMostShown)), read);
}

void JsonFields::each(std::string_view key, const Read& read, size_t most_entries) {
  const json* entries = list(key, most_entries);
  for (size_t i = 0; entries != nullptr && i < entries->size() && !fault_; ++i)
    read_inner((*entries)[i], fmt::format("{}: {}[{}]", where_, key, i), read);
}

bool JsonFields::has(std::string_view key) const { return object_->contains(key); }

bool JsonFields::is_null(std::string_view key) {
  const json* found = value(key, "a value");
  return found != nullptr && found->is_null();
}

std::vector<std::string> JsonFields::unread() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : object_->items())
    if (!asked_.contains(name)) names.push_back(name);
  return names;
}

Result<> JsonFields::status() const {
  if (fault_) return fail(ErrorKind::data, "{}", *fault_);
  return {};
}

Result<> JsonFields::finish() {
  if (!fault_ && unknown_ == Unknown::refused)
    for (const std::string& name : unread())
      fault(fmt::format("unknown field '{}'", one_line(name, kMostShown)));
  return status();
}

}  // namespace assay
