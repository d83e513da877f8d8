// What options take, checked where they are typed. Included by the files that define options alone: CLI11
// costs seconds to compile.
#pragma once

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "cli/quantity.h"
#include "models/request.h"
#include "record/request.h"

namespace assay::cli {

inline const CLI::Validator kSize(
    [](std::string& text) {
      return bytes_of(text) ? std::string() : "'" + text + "' is no size: write 500M or 12G";
    },
    "SIZE");

inline const CLI::Validator kNotEmpty(
    [](std::string& text) { return text.empty() ? std::string("the text is empty") : std::string(); },
    "TEXT");

inline const CLI::Validator kDuration(
    [](std::string& text) {
      return duration_s(text) ? std::string() : "'" + text + "' is no time: write 50ms, 90s, 15m or 1h";
    },
    "TIME");

inline const CLI::Validator kAssignment(
    [](std::string& text) {
      const size_t at = text.find('=');
      return at != std::string::npos && at > 0 && at + 1 < text.size()
                 ? std::string()
                 : "'" + text + "' is not of the form NAME=VALUE";
    },
    "NAME=VALUE");

// CLI::Range lets nan through.
inline const CLI::Validator kNumber(
    [](std::string& text) {
      double value = 0;
      const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
      return number ? std::string() : "'" + text + "' is no number";
    },
    "");

// "3" and "3%" are the same number of percent.
inline const CLI::Validator kPercent(
    [](std::string& text) {
      if (text.ends_with('%')) text.pop_back();
      double value = 0;
      const bool number = CLI::detail::lexical_cast(text, value) && value >= 0 && value <= 100;
      return number ? std::string() : "'" + text + "' is no percentage from 0 to 100";
    },
    "PERCENT");

inline void add_size(CLI::App& app, std::string& size) {
  app.add_option("--size", size, "full: the real architecture; tiny: the same code path in milliseconds")
      ->check(CLI::IsMember({"full", "tiny"}))
      ->capture_default_str();
}

// How large requests are: --tokens, --context, ...; each may be a list, with commas.
inline void add_request_sizes(CLI::App& app, models::Sweep& sizes) {
  for (const record::DimensionWords& words : record::dimensions())
    app.add_option_function<std::vector<int64_t>>(
           fmt::format("--{}", words.name),
           [&sizes, dimension = words.dimension](const auto& given) { sizes[dimension] = given; },
           fmt::format("How many {}; several with commas: a sweep", words.meaning))
        ->delimiter(',')
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->check(CLI::Range(int64_t{1}, record::kMostOfDimension));
}

// A workload's name, sizes and all.
inline const CLI::Validator kWorkload(
    [](std::string& text) {
      const auto name = record::parse_workload(text);
      if (!name) return name.error().message;
      static constexpr std::array<std::string_view, 4> kKinds = {"inference", "latency", "training",
                                                                 "generate"};
      const bool known = std::ranges::find(kKinds, name->kind) != kKinds.end();
      return known ? std::string() : fmt::format("'{}' is no workload: {}", text, fmt::join(kKinds, ", "));
    },
    "WORKLOAD");

inline void add_json(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "Print one JSON document on standard output");
}

inline void add_offline(CLI::App& app, bool& offline) {
  app.add_flag("--offline", offline, "Set-up stays off the network, and says what it would fetch");
}

inline void add_margin(CLI::App& app, double& margin_percent) {
  app.add_option("--margin", margin_percent, "Within how many percent two are equal")
      ->transform(kPercent)
      ->capture_default_str();
}

// How the result is printed: tables in a form of choice, or one document.
inline void add_format_and_json(CLI::App& app, std::string& format, bool& json) {
  auto* table = app.add_option("--format", format, "How tables are printed; csv: one table and nothing else")
                    ->check(CLI::IsMember({"text", "markdown", "csv"}))
                    ->capture_default_str();
  add_json(app, json);
  table->excludes(app.get_option("--json"));
}

}  // namespace assay::cli
