// What a runner's methods give back: a result, or the runner's own account of why there is none. A framework
// that lacks something is `unsupported` with a reason; anything else that goes wrong is `failed`.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "record/outcome.h"

namespace assay_runner {

template <class T = void>
using Answer = std::expected<T, assay::record::Failure>;

// return failed("the device is lost: {}", code);
template <class... Args>
[[nodiscard]] std::unexpected<assay::record::Failure> failed(fmt::format_string<Args...> format,
                                                             Args&&... args) {
  assay::record::Failure failure;
  failure.outcome = assay::record::Outcome::failed;
  failure.message = fmt::format(format, std::forward<Args>(args)...);
  return std::unexpected(std::move(failure));
}

// return unsupported(Reason::precision, "f32 only, not {}", precision);
template <class... Args>
[[nodiscard]] std::unexpected<assay::record::Failure> unsupported(assay::record::Reason reason,
                                                                  fmt::format_string<Args...> format,
                                                                  Args&&... args) {
  assay::record::Failure failure;
  failure.outcome = assay::record::Outcome::unsupported;
  failure.reason = reason;
  failure.message = fmt::format(format, std::forward<Args>(args)...);
  return std::unexpected(std::move(failure));
}

// Unsupported operators: `nodes` are all nodes that the framework cannot do, not the first.
[[nodiscard]] inline std::unexpected<assay::record::Failure> unsupported_nodes(
    std::vector<assay::record::NodeIssue> nodes) {
  auto result = unsupported(assay::record::Reason::op, "{} node{} unsupported, the first: {} ({}): {}",
                            nodes.size(), nodes.size() == 1 ? " is" : "s are", nodes.front().node,
                            nodes.front().op, nodes.front().message);
  result.error().nodes = std::move(nodes);
  return result;
}

// Fails (failed) when a load asks for a variant that is none of `known`, those that framework.toml has.
[[nodiscard]] inline Answer<> check_variant(std::string_view variant,
                                            std::initializer_list<std::string_view> known) {
  if (std::ranges::find(known, variant) != known.end()) return {};
  return failed("unknown variant '{}', expected {}{}", variant, known.size() > 1 ? "one of " : "",
                fmt::join(known, ", "));
}

// The value of a Result of Assay's own modules, or its error as a failure.
template <class T>
[[nodiscard]] Answer<T> answered(assay::Result<T> result) {
  if (!result) return failed("{}", result.error().message);
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return std::move(*result);
}

}  // namespace assay_runner
