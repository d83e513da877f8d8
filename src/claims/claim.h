// Published findings about frameworks, as data: what was said, by whom, and the question to the stored
// results that tells whether it holds. A finding is a file claims/NAME.toml (claims/README.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace assay::claims {

// Contestants; empty: any.
struct Group {
  std::string framework, variant, device, language;
};

// Machines by parts of what they are called, in any case; empty: any.
struct Machine {
  std::string cpu, gpu, os;
};

// What is asked of the results.
enum class Kind {
  ratio,      // the best time of `against` is at least `factor` times the best of `subject`
  footprint,  // the installed size of each of `subject` is from `least_mb` to `most_mb`
  linkage,    // each of `subject` is linked like `is`
  error,      // the median error of `subject` is more than `factor` times that of `against`
  failure,    // none of `subject` gets through
};

struct Query {
  Kind kind = Kind::ratio;
  Group subject;
  Group against;
  std::vector<std::string> models, workloads;  // empty: any
  double factor = 1;
  double least_mb = 0, most_mb = 0;
  std::string is;
};

struct Claim {
  std::string name;  // of its file
  std::string text;  // one sentence
  std::string source;
  std::string url;  // may be empty
  Machine machine;
  Query query;
};

// Every claim of the folder, by name. Fails (data) naming file and key.
[[nodiscard]] Result<std::vector<Claim>> read_claims(const std::filesystem::path& folder);

// "framework plain, device mps": for people.
[[nodiscard]] std::string words(const Group& group);
[[nodiscard]] std::string words(const Machine& machine);

}  // namespace assay::claims
