// How often the intervals keep their promise under the stopping rule: simulated comparisons of equal
// contestants and of one that is 5 % slower, on machines from calm to rough. Prints the table as Markdown, or
// writes it into a document between its marks:
//
//   interval_coverage [--trials 5000] [--into docs/method.md]
//
// A second table is of comparisons across two runs, by a control and by the times alone; a third of changes
// over time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "stats/change_points.h"
#include "stats/simulated_launches.h"
#include "stats/unpaired.h"

namespace assay::stats {
namespace {

constexpr double kSlowdown = 1.05;
constexpr std::string_view kBegin = "<!-- interval_coverage: begin -->\n",
                           kEnd = "<!-- interval_coverage: end -->",
                           kRunsBegin = "<!-- coverage of two runs: begin -->\n",
                           kRunsEnd = "<!-- coverage of two runs: end -->",
                           kChangesBegin = "<!-- coverage of changes: begin -->\n",
                           kChangesEnd = "<!-- coverage of changes: end -->";

std::string row(const Machine& machine, const Rounds& rounds, int trials) {
  const Coverage same = coverage(machine, 1, rounds, trials, 1);
  const Coverage slower = coverage(machine, kSlowdown, rounds, trials, 2);
  std::fputc('.', stderr);
  return fmt::format(
      "| {:.0f} % | {:.0f} % | {:.1f} % | {:.1f} % | {:.1f} % | {:.0f} % | {:.1f} % | {:.0f} |\n",
      100 * machine.between, 100 * machine.within, 100 * (1 - same.differs), 100 * slower.contains,
      100 * slower.differs, 100 * same.reached_target, 100 * same.half_width, same.rounds);
}

std::string table(int trials) {
  const Rounds rounds;
  std::string text = fmt::format(
      "{} comparisons a row and case; target {:.0f} %, at least {} blocks and at most {}, {} rounds a block; "
      "{:.0f} % of "
      "the visits are hit by a spike of up to {:.0f} %.\n\n"
      "| launches differ by | visits by | equal: not called different | 5 % slower: interval holds it | 5 % "
      "slower: found | "
      "reached the target | "
      "half-width | rounds |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n",
      trials, 100 * rounds.target, rounds.least_blocks, rounds.most_blocks, rounds.per_block,
      100 * Machine{}.spike_share, 100 * Machine{}.spike_most);
  for (const double between : {0.0, 0.01, 0.02, 0.03})
    for (const double within : {0.02, 0.04, 0.07})
      text += row({.between = between, .within = within}, rounds, trials);
  return text;
}

// What many comparisons across two runs came to.
struct AcrossCoverage {
  double contains = 0, differs = 0;
  std::vector<double> widths;

  void add(const Estimate& ratio, double truth) {
    contains += ratio.interval->low <= truth && truth <= ratio.interval->high;
    const Comparison said = verdict(ratio);
    differs += said == Comparison::faster || said == Comparison::slower;
    widths.push_back(*half_width(ratio));
  }
};

struct TwoRuns {
  AcrossCoverage by_control, by_times;
};

TwoRuns two_runs(const RunsMachine& machine, double factor, int trials, uint64_t seed) {
  Random random(seed, "two runs");
  TwoRuns result;
  for (int trial = 0; trial < trials; ++trial) {
    const SimulatedRun before = simulate_run(machine, 1, random),
                       after = simulate_run(machine, factor, random);
    result.by_control.add(ratio_by_control(after.ratio, before.ratio), factor);
    result.by_times.add(ratio_unpaired(after.time, before.time), factor);
  }
  return result;
}

std::string share(double count, int trials) { return fmt::format("{:.1f} %", 100 * count / trials); }

std::string runs_row(const RunsMachine& machine, std::string_view how, AcrossCoverage TwoRuns::* which,
                     int trials) {
  TwoRuns same = two_runs(machine, 1, trials, 3), slower = two_runs(machine, kSlowdown, trials, 4);
  const AcrossCoverage &equal = same.*which, &less = slower.*which;
  std::vector<double> widths = equal.widths;
  std::ranges::sort(widths);
  return fmt::format("| {:.0f} % | {} | {} | {} | {} | {:.1f} % |\n", 100 * machine.between_runs, how,
                     share(trials - equal.differs, trials), share(less.contains, trials),
                     share(less.differs, trials), widths.empty() ? 0 : 100 * widths[widths.size() / 2]);
}

std::string runs_table(int trials) {
  std::string text = fmt::format(
      "{} pairs of runs a row and case: launches differ by 1 %, visits by 4 %, each run ends at its target "
      "of 3 %, and whole "
      "runs are off by so much, all their contestants alike.\n\n"
      "| runs differ by | compared by | equal: not called different | 5 % slower: interval holds it | 5 % "
      "slower: found | "
      "half-width |\n|---:|---|---:|---:|---:|---:|\n",
      trials);
  for (const double between : {0.0, 0.02, 0.04, 0.08}) {
    text += runs_row({.between_runs = between}, "a control", &TwoRuns::by_control, trials);
    text += runs_row({.between_runs = between}, "the times", &TwoRuns::by_times, trials);
    std::fputc('.', stderr);
  }
  return text;
}

// Series of runs whose figures scatter as they say, without a change and with one of 5 % in the middle.
std::string changes_table(int trials) {
  std::string text = fmt::format(
      "{} series a row; every figure is known to a standard deviation of 1.5 %.\n\n"
      "| runs | no change: one is marked | 5 % in the middle: marked there or beside it | marked elsewhere "
      "|\n"
      "|---:|---:|---:|---:|\n",
      trials);
  constexpr double kDeviation = 0.015;
  for (const size_t runs : {4U, 10U, 30U, 100U}) {
    Random random(runs, "changes");
    int alarms = 0, found = 0, elsewhere = 0;
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<Point> series;
      for (size_t i = 0; i < runs; ++i)
        series.push_back({kDeviation * random.normal(), kDeviation * kDeviation});
      alarms += !change_points(series).empty();
      for (size_t i = runs / 2; i < runs; ++i) series[i].value += std::log(kSlowdown);
      const auto changes = change_points(series);
      const auto near = [&](const ChangePoint& change) {
        return change.at + 1 >= runs / 2 && change.at <= runs / 2 + 1;
      };
      found += std::ranges::any_of(changes, near);
      elsewhere += !std::ranges::all_of(changes, near);
    }
    text += fmt::format("| {} | {} | {} | {} |\n", runs, share(alarms, trials), share(found, trials),
                        share(elsewhere, trials));
  }
  return text;
}

// The document with `text` between the marks.
Result<std::string> with_text(std::string document, std::string_view begin_mark, std::string_view end_mark,
                              const std::string& text) {
  const size_t begin = document.find(begin_mark), end = document.find(end_mark);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return fail(ErrorKind::data, "the document lacks the marks of the table: {}", begin_mark);
  return document.replace(begin + begin_mark.size(), end - begin - begin_mark.size(), text);
}

Result<> write_into(const std::filesystem::path& path, int trials) {
  ASSAY_TRY(std::string document, read_file(path));
  ASSAY_TRY(document, with_text(std::move(document), kBegin, kEnd, table(trials)));
  ASSAY_TRY(document, with_text(std::move(document), kRunsBegin, kRunsEnd, runs_table(trials)));
  ASSAY_TRY(document, with_text(std::move(document), kChangesBegin, kChangesEnd, changes_table(trials)));
  return write_file(path, document);
}

}  // namespace
}  // namespace assay::stats

int main(int argc, char** argv) {
  int trials = 5000;
  std::string into;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--trials") trials = std::atoi(argv[i + 1]);
    if (std::string_view(argv[i]) == "--into") into = argv[i + 1];
  }
  if (into.empty()) {
    fmt::print("{}\n{}\n{}", assay::stats::table(trials), assay::stats::runs_table(trials),
               assay::stats::changes_table(trials));
    return 0;
  }
  const auto done = assay::stats::write_into(into, trials);
  if (!done) fmt::print(stderr, "{}\n", done.error().message);
  return done ? 0 : 4;
}
