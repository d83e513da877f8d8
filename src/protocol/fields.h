// Strict reading of one JSON object: every field asked for must be there with the right type and range, and
// none may be left over. The first fault is kept, later reads then return empty values, so a decoder reads
// straight down and asks once at the end. Private to protocol/: the only header here that includes
// nlohmann/json.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/codec.h"

namespace assay::protocol {

using Json = nlohmann::json;

// Parses a line. Faults: too long, not JSON in UTF-8, a byte order mark, a carriage return or a NUL, a field
// twice in one object, not an object.
[[nodiscard]] Decoded<Json> parse_object(std::string_view line);

// `text` for a message: one line, sanitised, short.
[[nodiscard]] std::string excerpt(std::string_view text);

class Fields {
 public:
  // `where` names the object in faults: "result of load". The object must outlive this.
  Fields(const Json& object, std::string where);

  // A name: one line of at most `most` bytes, not empty. Fails when longer.
  std::string name(const char* key, size_t most = 128);
  // Any text, sanitised and cut to `most` bytes.
  std::string text(const char* key, size_t most = 4096);
  // A path: taken as it is, not empty, no NUL.
  std::string path(const char* key);
  std::optional<std::string> path_or_null(const char* key);
  int64_t integer(const char* key, int64_t least, int64_t most);
  bool boolean(const char* key);
  // Lists of at most `most` entries.
  std::vector<std::string> names(const char* key, size_t most);
  std::vector<int64_t> integers(const char* key, size_t most, int64_t least_value, int64_t most_value);
  // The objects in a list, each to be read with Fields of its own.
  std::vector<const Json*> objects(const char* key, size_t most);
  // An object of at most `most` entries with texts, numbers or booleans as values, all as text.
  std::map<std::string, std::string> texts(const char* key, size_t most);
  const Json* object(const char* key);

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }
  [[nodiscard]] const std::string& where() const { return where_; }
  // Records a fault unless there is one.
  void fault(std::string message);
  // The first fault, or the names of the fields nobody asked for.
  [[nodiscard]] std::optional<std::string> finish();

 private:
  const Json* find(const char* key);
  const Json* list(const char* key, size_t most);
  std::string checked_name(const Json& value, const char* key, size_t most);
  std::string checked_path(const Json& value, const char* key);
  int64_t checked_integer(const Json& value, const char* key, int64_t least, int64_t most);

  const Json& object_;
  std::string where_;
  std::set<std::string> read_;
  std::optional<std::string> fault_;
};

}  // namespace assay::protocol
