// The lines of a file of results, to and from records (docs/json.md). A run is a line for itself, then one
// for each result, followed by one for each of its visits, and at its end one that counts them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::exchange {

// The format's version: any change of what a line may hold makes a new one, since an older program would lose
// what it does not know.
inline constexpr int64_t kFormat = 2;

// The first line.
struct Header {
  std::string assay;  // version of the program that wrote the file
  std::string made;   // when: UTC, ISO 8601
};

// The last line of a run: who reads it knows that nothing is missing.
struct RunEnd {
  std::string run;  // its id
  int64_t results = 0;
  int64_t visits = 0;
  std::string hash;  // of the run's lines before this one; empty: whoever wrote them gave none
};

// The last line.
struct FileEnd {
  int64_t runs = 0;
};

using Line = std::variant<Header, record::Run, record::ContestantResult, record::Visit, RunEnd, FileEnd>;

// Each as one line of ASCII without its line break: a run without its results, a result without its visits.
[[nodiscard]] std::string to_line(const Header& header);
[[nodiscard]] std::string to_line(const record::Run& run);
[[nodiscard]] std::string to_line(const record::ContestantResult& result);
[[nodiscard]] std::string to_line(const record::Visit& visit);
[[nodiscard]] std::string to_line(const RunEnd& end);
[[nodiscard]] std::string to_line(const FileEnd& end);

// The same read again; everything that was written is in it. Fails (data) with `place`, "FILE, line 7", where
// the text is not JSON, no such line, one with something that this program does not know, a run without a
// usable id, a visit that nobody can have made (record/plausible.h), or of a newer format.
[[nodiscard]] Result<Line> from_line(std::string_view text, const std::string& place);

// Whether a text may be the id of a run: what `assay run` gives, and nothing that is a path, an option or a
// word of the command line.
[[nodiscard]] bool is_run_id(std::string_view text);

}  // namespace assay::exchange
