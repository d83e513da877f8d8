// How a contestant's try at a workload ended, and why when it did not succeed. A framework's failure is such
// an Outcome, stored and shown; it is never a Result error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::record {

enum class Outcome { ok, unsupported, crashed, timed_out, failed, unsteady };

// Why something is unsupported; with outcome `failed` it is `memory` for a runner that went beyond its limit,
// and `none` otherwise.
enum class Reason { none, op, precision, device, platform, build, memory, not_set_up };

// A node that a framework cannot do.
struct NodeIssue {
  std::string node;
  std::string op;
  std::string message;
};

struct Failure {
  Outcome outcome = Outcome::failed;
  Reason reason = Reason::none;
  std::string message;           // sanitised, one paragraph
  std::vector<NodeIssue> nodes;  // all of them, for reason `op`
  std::string stderr_tail;       // the last lines the runner wrote, sanitised
};

// The names used in JSON and in the store: "ok", "timed_out"; "operator", "not_set_up", "" for none.
[[nodiscard]] std::string_view name(Outcome outcome);
[[nodiscard]] std::string_view name(Reason reason);
[[nodiscard]] std::optional<Outcome> outcome_from_name(std::string_view text);
[[nodiscard]] std::optional<Reason> reason_from_name(std::string_view text);

}  // namespace assay::record
