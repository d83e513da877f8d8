// `assay limits`: what this machine can do at most, as a table or JSON.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "host/host.h"
#include "limits/limits_probe.h"
#include "limits/machine_limits.h"
#include "report/figures.h"
#include "report/table.h"
#include "runner/guard.h"

namespace assay::cli {
namespace {

// A bar of up to 24 blocks; a tenth of the rate is six blocks less, since rates of memory differ by orders of
// magnitude.
std::string bar(double rate, double highest) {
  constexpr double kLongest = 24, kPerDecade = 6;
  const double length = std::clamp(kLongest + kPerDecade * std::log10(rate / highest), 1.0, kLongest);
  std::string result;
  for (int i = 0; i < static_cast<int>(std::lround(length)); ++i) result += "█";
  return result;
}

// "streams-4, 2 threads": the quickest way to read the working set of a level.
std::string winner(const record::Limits& limits, const record::MemoryLevel& level) {
  for (const auto& point : limits.bandwidth) {
    if (point.bytes != level.read_bytes || point.readings.empty()) continue;
    const auto best = std::ranges::max_element(point.readings, {}, &record::Reading::bytes_per_s);
    return fmt::format("{}, {} thread{}", best->kernel, best->threads, best->threads == 1 ? "" : "s");
  }
  return "";
}

report::Table peaks_table(const record::Limits& limits) {
  report::Table table{.rows = {{"precision", "peak", "by"}}, .right = {false, true, false}};
  for (const auto& peak : limits.peaks)
    for (const auto& product : peak.products)
      table.rows.push_back({peak.precision,
                            product.flop_per_s ? report::count(*product.flop_per_s) + "FLOP/s" : "-",
                            product.source});
  return table;
}

report::Table memory_table(const record::Limits& limits) {
  double highest = 0;
  for (const auto& level : limits.levels) highest = std::max(highest, level.bytes_per_s);
  report::Table table{.rows = {{"level", "capacity", "read", "", "by"}},
                      .right = {false, true, true, false, false}};
  for (const auto& level : limits.levels)
    table.rows.push_back({level.name, level.bytes ? report::bytes(*level.bytes) : "",
                          report::bytes(static_cast<int64_t>(level.bytes_per_s)) + "/s",
                          bar(level.bytes_per_s, highest), winner(limits, level)});
  return table;
}

// What the tables do not say.
std::string remarks(const record::Limits& limits) {
  std::string text;
  if (limits.large_pages)
    text += fmt::format("\nlarge pages: {:.0f} % of the memory read\n", 100 * *limits.large_pages);
  if (limits.disturbed)
    text +=
        "\nOther processes kept the CPUs busy meanwhile, so the figures may be too low. They are measured "
        "again with the next run.\n";
  return text;
}

void print_tables(const record::Host& host, const record::Limits& limits, const std::string& format) {
  print_beside_table(
      format, fmt::format("{}, {} threads, measured {}\n\n", host.cpu, limits.threads, limits.measured));
  print("{}", report::formatted(
                  std::vector<report::Section>{{"Matrix products", {{"table", "peaks"}}, peaks_table(limits)},
                                               {"Memory", {{"table", "memory"}}, memory_table(limits)}},
                  format));
  print_beside_table(format, remarks(limits));
}

void print_limits_json(const record::Host& host, const record::Limits& limits) {
  const nlohmann::json document = {{"schema", 1},
                                   {"host", {{"name", host.name}, {"cpu", host.cpu}, {"cores", host.cores}}},
                                   {"limits", nlohmann::json::parse(record::limits_to_json(limits))}};
  print_json(document);
}

Result<> limits(const LimitsArguments& arguments) {
  const record::Host host = host::this_machine();
  const int threads = arguments.threads > 0 ? arguments.threads : std::max(1, host.cores);
  if (arguments.measure) {
    host::hold_to(host::share_for(threads).cpus);  // as the contestants are
    ASSAY_TRY(const auto probe, limits::probe_from(arguments.probe));
    const auto found = arguments.probe.empty() ? limits::measure_limits(host, threads)
                                               : limits::measure_probe(probe, threads);
    print("{}\n", record::limits_to_json(found));
    return {};
  }
  ASSAY_TRY_VOID(runner::start_guard(executable()));  // an interrupt reaches this process alone
  const auto say = [](std::string_view line) { print_error("assay: {}\n", line); };
  ASSAY_TRY(
      const auto found,
      limits::machine_limits(
          {.assay = executable(), .host = host, .threads = threads, .again = arguments.again, .say = say}));
  if (arguments.json)
    print_limits_json(host, found);
  else
    print_tables(host, found, arguments.format);
  return {};
}

}  // namespace

int run(const LimitsArguments& arguments) {
  const auto result = limits(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
