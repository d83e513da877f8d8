// JSON from outside: the one way it is read. Bounded in depth and in number of values before anything of it
// is built, so that no text exhausts the stack or the memory; strict (RFC 8259); and a failure says where and
// what is wrong.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay {

// A tree of a million values takes some 100 MB: that many tensors, nodes or samples nobody has.
inline constexpr size_t kMostJsonValues = 1'000'000;
// A graph holds its constants as lists of numbers, 16 bytes each.
inline constexpr size_t kMostGraphNumbers = 100'000'000;

// What a text may come to: lists and objects, and all values together.
struct JsonBounds {
  size_t containers = kMostJsonValues;
  size_t values = kMostJsonValues;
};

// How a place in a text is named: where the name says which line it is, the column is enough.
enum class JsonPlace { line_and_column, column };

// Parses a whole text. Fails (data) as "NAME, line 3, column 14: not JSON: a comment, …"; and where a name
// comes twice in one object, of which a parser would keep one in silence.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text, std::string_view name,
                                                JsonBounds bounds = {},
                                                JsonPlace by = JsonPlace::line_and_column);

// The same of a file of at most `most_bytes`.
[[nodiscard]] Result<nlohmann::json> read_json(const std::filesystem::path& path,
                                               size_t most_bytes = size_t{64} << 20);

// A JSON text of the value; what is not UTF-8 in it is replaced. `indent` -1: on one line.
[[nodiscard]] std::string json_text(const nlohmann::json& value, int indent = -1);

}  // namespace assay
