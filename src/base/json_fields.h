// Strict reading of one JSON object: every field that is asked for must be there with the right type and
// range, and none may be left over, unless the format lets it. The first fault is kept, later reads then
// return empty values, so a reader reads straight down and asks once at the end; before it uses a value that
// must not be empty it asks for the status. A fault names object, field, value and expectation:
// "result of load: 'threads' is 0, expected an integer from 1 to 1048576".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace assay {

// The value when it is an integer of 64 bits.
[[nodiscard]] std::optional<int64_t> integer_of(const nlohmann::json& value);

class JsonFields {
 public:
  enum class Unknown { refused, allowed };  // fields that nobody asked for
  static constexpr size_t kAnyBytes = std::numeric_limits<size_t>::max();
  static constexpr int64_t kLeastInteger = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kMostInteger = std::numeric_limits<int64_t>::max();

  // `where` names the object in faults; that it is none is the first. The object must outlive this.
  JsonFields(const nlohmann::json& object, std::string where, Unknown unknown = Unknown::refused);

  // A text as it stands; its length in bytes is bounded.
  std::string text(std::string_view key, size_t least = 0, size_t most = kAnyBytes);
  int64_t integer(std::string_view key, int64_t least = kLeastInteger, int64_t most = kMostInteger);
  double number(std::string_view key);
  bool boolean(std::string_view key);
  // A text that `from_name` (name -> optional) knows; `expectation` is what it knows.
  template <class FromName>
  auto named(std::string_view key, FromName from_name, std::string_view expectation) {
    const auto known = from_name(text(key));
    if (!known) refuse(key, expectation);
    return known ? *known : std::decay_t<decltype(*known)>();
  }

  // Lists of at most `most_entries`.
  std::vector<std::string> texts(std::string_view key, size_t most_entries = kMostJsonValues,
                                 size_t least = 0, size_t most = kAnyBytes);
  std::vector<int64_t> integers(std::string_view key, size_t most_entries = kMostJsonValues,
                                int64_t least = kLeastInteger, int64_t most = kMostInteger);

  using Read = std::function<void(JsonFields&)>;
  // Reads the object in a field, or each of a list of objects, to its end: a fault in it is one of this, and
  // what it may leave over is as here.
  void nested(std::string_view key, const Read& read);
  void each(std::string_view key, const Read& read, size_t most_entries = kMostJsonValues);

  // The value of a field for those who read on by themselves; nullptr after a fault.
  const nlohmann::json* value(std::string_view key, std::string_view expectation);
  const nlohmann::json* list(std::string_view key, size_t most_entries = kMostGraphNumbers);

  // Whether the field is there, whatever it holds.
  [[nodiscard]] bool has(std::string_view key) const;
  // Whether the field, which must be there, holds null.
  bool is_null(std::string_view key);
  // The names that nobody has asked for yet.
  [[nodiscard]] std::vector<std::string> unread() const;

  // Another name of the object in faults, for when it is known.
  void set_where(std::string where) { where_ = std::move(where); }
  [[nodiscard]] const std::string& where() const { return where_; }
  // Each records a fault unless there is one: "WHERE: MESSAGE", "WHERE: 'KEY' is VALUE, expected
  // EXPECTATION".
  void fault(std::string_view message);
  void refuse(std::string_view key, std::string_view expectation);

  // The first fault so far (data), the end being still to come.
  [[nodiscard]] Result<> status() const;
  // The first fault, or a field nobody asked for.
  [[nodiscard]] Result<> finish();

 private:
  const nlohmann::json* value_if(std::string_view key, bool (nlohmann::json::*fits)() const noexcept,
                                 std::string_view expectation);
  void read_inner(const nlohmann::json& object, std::string where, const Read& read);

  const nlohmann::json* object_;
  std::string where_;
  Unknown unknown_;
  std::set<std::string, std::less<>> asked_;
  std::optional<std::string> fault_;
};

}  // namespace assay
