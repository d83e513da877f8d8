#include "base/json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace assay {
namespace {

using nlohmann::json;

// What a text is called in faults, and how places in it are.
struct Named {
  std::string_view name;
  JsonPlace by;
};

// "NAME, line 3, column 14" of the byte `at`.
std::string place(const Named& named, std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto lines = std::ranges::count(before, '\n');
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto column = std::ranges::count_if(before.substr(line_begin), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // characters, not bytes
  });
  if (named.by == JsonPlace::column) return fmt::format("{}, column {}", named.name, column + 1);
  return fmt::format("{}, line {}, column {}", named.name, lines + 1, column + 1);
}

// What brackets and commas outside of strings say of a text before it is parsed, be it JSON or not.
Result<> check_bounds(std::string_view text, const Named& named, JsonBounds bounds) {
  size_t depth = 0, containers = 0, values = 1;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '"') in_string = !in_string;
    if (in_string && letter == '\\') ++i;
    if (in_string) continue;
    if (letter == ',') ++values;
    if ((letter == ']' || letter == '}') && depth > 0) --depth;
    if (letter != '[' && letter != '{') continue;
    ++values;
    if (++depth > kMostNesting)
      return fail(ErrorKind::data, "{}: nested too deep, more than {} levels", place(named, text, i),
                  kMostNesting);
    if (++containers > bounds.containers)
      return fail(ErrorKind::data, "{}: more than {} lists and objects", place(named, text, i),
                  bounds.containers);
  }
  if (values > bounds.values)
    return fail(ErrorKind::data, "{}: more than {} values", named.name, bounds.values);
  return {};
}

// Sees every key that the parser meets and remembers the first that comes twice in its object.
class DuplicateFinder {
 public:
  void see(json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end && !keys_.empty()) keys_.pop_back();
    if (event != json::parse_event_t::key || keys_.empty() || duplicate_) return;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!keys_.back().insert(key).second) duplicate_ = key;
  }
  [[nodiscard]] const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::optional<std::string> duplicate_;
};

// What other readers take and JSON has not, where a text stands.
struct Habit {
  std::string_view begins;
  std::string_view what;
};
constexpr std::array kHabits = {
    Habit{"NaN", "NaN, which Python writes and reads though it is no JSON; a number or null must stand here"},
    Habit{"Infinity",
          "Infinity, which Python writes and reads though it is no JSON; a number or null must stand here"},
    Habit{"-Infinity",
          "-Infinity, which Python writes and reads though it is no JSON; a number or null must stand here"},
    Habit{"//", "a comment, which JSON does not have"},
    Habit{"/*", "a comment, which JSON does not have"},
    Habit{"#", "a comment, which JSON does not have"},
    Habit{"'", "a text in single quotes, where JSON has double ones"},
    Habit{"None", "None is Python's; JSON has null"},
    Habit{"True", "True is Python's; JSON has true"},
    Habit{"False", "False is Python's; JSON has false"}};

// In plain words why the parser stopped at the byte `at`.
std::string explanation(std::string_view text, size_t at) {
  constexpr std::string_view kSpace = " \t\r\n";
  if (text.find_first_not_of(kSpace) == std::string_view::npos) return "there is nothing";
  if (at >= text.size()) return "the text ends too early: cut off?";
  const std::string_view rest = text.substr(at > 0 && text[at - 1] == '-' ? at - 1 : at);
  for (const auto& [begins, what] : kHabits)
    if (rest.starts_with(begins)) return std::string(what);
  const size_t before = at > 0 ? text.find_last_not_of(kSpace, at - 1) : std::string_view::npos;
  if ((text[at] == ']' || text[at] == '}') && before != std::string_view::npos && text[before] == ',')
    return "a comma after the last item, which JSON does not allow";
  return fmt::format("'{}' is not expected here", one_line(text.substr(at), 60));
}

// Bytes that the parser would skip, or take for the end of its input.
Result<> check_bytes(std::string_view text, const Named& named) {
  if (text.starts_with("\xEF\xBB\xBF"))
    return fail(ErrorKind::data, "{}: not JSON: it begins with a byte order mark", named.name);
  if (const size_t at = text.find('\0'); at != std::string_view::npos)
    return fail(ErrorKind::data, "{}: not JSON: a NUL byte", place(named, text, at));
  return {};
}

}  // namespace

Result<json> parse_json(std::string_view text, std::string_view name, JsonBounds bounds, JsonPlace by) {
  const Named named{name, by};
  ASSAY_TRY_VOID(check_bytes(text, named));
  ASSAY_TRY_VOID(check_bounds(text, named, bounds));
  DuplicateFinder finder;
  const auto watch = [&](int, json::parse_event_t event, const json& value) {
    finder.see(event, value);
    return true;
  };
  json value;
  try {
    value = json::parse(text, watch);
  } catch (const json::parse_error& error) {
    const size_t at = error.byte > 0 ? error.byte - 1 : 0;  // it counts what it has read
    return fail(ErrorKind::data, "{}: not JSON: {}", place(named, text, std::min(at, text.size())),
                explanation(text, at));
  } catch (const json::exception&) {
    return fail(ErrorKind::data, "{}: not JSON: a number that is too large", name);
  }
  if (const auto& twice = finder.duplicate())
    return fail(ErrorKind::data, R"({}: "{}" comes twice in one object)", name, one_line(*twice, 120));
  return value;
}

Result<json> read_json(const std::filesystem::path& path, size_t most_bytes) {
  ASSAY_TRY(const std::string text, read_file(path, most_bytes));
  return parse_json(text, path.string());
}

std::string json_text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace assay
