#include "cli/run_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/output.h"
#include "record/machine_words.h"
#include "report/figures.h"
#include "report/table.h"

namespace assay::cli {
namespace {

double median_ms(std::vector<int64_t> samples_ns) {
  if (samples_ns.empty()) return 0;
  const auto middle = samples_ns.begin() + static_cast<std::ptrdiff_t>(samples_ns.size() / 2);
  std::ranges::nth_element(samples_ns, middle);
  return static_cast<double>(*middle) / 1e6;
}

std::string launch_row(const record::ContestantResult& entry) {
  std::string row = fmt::format("  {:<34}", entry.contestant.name());
  const std::string trouble = report::explanation(entry, 400);
  if (!entry.launch) return row + trouble;
  row += fmt::format("{:<16} start {:>7}", report::accuracy(entry.accuracy),
                     report::seconds(entry.launch->cold_s));
  if (entry.launch->peak_bytes)
    row += fmt::format("   memory {:>8}", report::bytes(*entry.launch->peak_bytes));
  return trouble.empty() ? row : row + "   " + trouble;
}

}  // namespace

void RunView::started(const record::Run& run) {
  line_.print(fmt::format("Run {} on {}, {} threads", run.id, record::machine_words(run.host), run.threads));
}

void RunView::setting_up(std::string_view framework, std::string_view line) {
  line_.print(fmt::format("{}: {}", framework, line));
}

void RunView::setup_output(std::string_view line) { line_.keep_showing(fmt::format("  {}", line)); }

void RunView::cell_started(const record::Cell& cell, size_t index, size_t cells, size_t contestants) {
  cell_ = fmt::format("[{}/{}] {} {} {}", index + 1, cells, cell.model, cell.size, cell.workload);
  progress_.clear();
  line_.print(fmt::format("\n{}: {} contestants", cell_, contestants));
}

void RunView::status(const std::string& what) {
  line_.show(fmt::format("{}{}{}  {}", cell_, progress_.empty() ? "" : "  ", progress_, what));
}

void RunView::preparing(std::string_view what) { status(fmt::format("preparing {}", what)); }

void RunView::noticed(std::string_view what) { line_.print(fmt::format("  {}", what)); }

void RunView::kept(const record::ContestantResult& entry) {
  const size_t rounds = entry.visits.size();
  line_.print(fmt::format("{}   kept{}", launch_row(entry),
                          rounds == 0 ? "" : fmt::format(", with {} rounds", rounds)));
}

void RunView::launching(const record::Contestant& contestant) {
  status(fmt::format("cold launch of {}", contestant.name()));
}

void RunView::launched(const record::ContestantResult& entry) { line_.print(launch_row(entry)); }

void RunView::block_started(int block, int blocks) {
  progress_ = fmt::format("block {}/{}", block + 1, blocks);
  if (!line_.live()) line_.print(fmt::format("  measuring: block {} of {}", block + 1, blocks));
}

void RunView::loading(const record::Contestant& contestant) {
  status(fmt::format("loads and warms up {}", contestant.name()));
}

void RunView::visited(const record::Contestant& contestant, const record::Visit& visit) {
  status(fmt::format("{} {}", contestant.name(), report::milliseconds(median_ms(visit.samples_ns))));
}

void RunView::round_done(int round, int rounds, std::optional<double> left_s) {
  progress_ = fmt::format("round {}/{}", round + 1, rounds);
  if (left_s) progress_ += fmt::format(", {} left", report::seconds(*left_s));
  status("");
}

void RunView::dropped(const record::Contestant& contestant, const record::Failure& failure) {
  line_.print(
      fmt::format("  {:<34}{}: {}", contestant.name(), record::name(failure.outcome), failure.message));
}

void RunView::cell_failed(const record::CellFault& fault) {
  line_.print(fmt::format("  nobody can be judged here: {}", one_line(fault.reason)));
}

void RunView::cell_finished(std::span<const decide::Summary> cell) {
  line_.clear();
  if (!tables_ || cell.empty()) return;
  print("{}", report::cell_text(cell, colours(STDOUT_FILENO)));
  flush_output();
}

}  // namespace assay::cli
