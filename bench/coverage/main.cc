// How often the intervals keep their promise under the stopping rule: simulated comparisons of equal
// contestants and of one that is 5 % slower, on machines from calm to rough. Prints the table as Markdown, or
// writes it into a document between its marks:
//
//   interval_coverage [--trials 5000] [--into docs/method.md]
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "stats/simulated_launches.h"

namespace assay::stats {
namespace {

constexpr double kSlowdown = 1.05;
constexpr std::string_view kBegin = "<!-- interval_coverage: begin -->\n",
                           kEnd = "<!-- interval_coverage: end -->";

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
      "| launches differ by | visits by | equal: tie | 5 % slower: interval holds it | 5 % slower: found | "
      "reached the target | "
      "half-width | rounds |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n",
      trials, 100 * rounds.target, rounds.least_blocks, rounds.most_blocks, rounds.per_block,
      100 * Machine{}.spike_share, 100 * Machine{}.spike_most);
  for (const double between : {0.0, 0.01, 0.02, 0.03})
    for (const double within : {0.02, 0.04, 0.07})
      text += row({.between = between, .within = within}, rounds, trials);
  return text;
}

// The document with `text` between the marks.
Result<> write_into(const std::filesystem::path& path, const std::string& text) {
  ASSAY_TRY(std::string document, read_file(path));
  const size_t begin = document.find(kBegin), end = document.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return fail(ErrorKind::data, "{} lacks the marks of the table", path.string());
  document.replace(begin + kBegin.size(), end - begin - kBegin.size(), text);
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
  const std::string text = assay::stats::table(trials);
  if (into.empty()) {
    fmt::print("{}", text);
    return 0;
  }
  const auto done = assay::stats::write_into(into, text);
  if (!done) fmt::print(stderr, "{}\n", done.error().message);
  return done ? 0 : 4;
}
