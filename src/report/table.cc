#include "report/table.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "decide/derived.h"
#include "decide/limit.h"
#include "decide/ranking.h"
#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Summary;

constexpr double kShownBeyond = 1.005;  // "1.00 x the limit" tells nothing

std::string memory_cell(const Summary& summary) {
  return summary.result->launch && summary.result->launch->peak_bytes
             ? bytes(*summary.result->launch->peak_bytes)
             : "-";
}

// "1.14 [1.11, 1.18] slower", "1.01 [0.99, 1.02] equal within 3 %", "1.10 [0.81, 1.43] not told apart (±28
// %)"; the baseline's own is 1.
std::string compared(const Summary& summary) {
  if (!summary.ratio) return "-";
  if (summary.ratio_to == summary.result->contestant.name()) return "1";
  return fmt::format("{} {}", ratio(*summary.ratio), comparison(summary));
}

// How far the entry is beyond a limit that nobody else was quicker than. It is no verdict.
std::string times_of_limit(const Summary& summary) {
  const auto times = decide::share_of_limit(summary);
  if (!decide::is_ranked(summary) || summary.raised_limit_ms) return "";
  if (!times || *times < kShownBeyond) return "";
  return fmt::format("{:.2f} x the limit as measured", *times);
}

// That a limit was raised, and by whom; once for each limit of the cell.
std::vector<std::string> raised_limits(std::span<const Summary> cell) {
  std::vector<std::string> lines;
  for (const auto& summary : cell) {
    if (!summary.raised_limit_ms) continue;
    const double measured_ms = decide::measured_limit_ms(summary).value_or(0);
    const auto line = fmt::format(
        "the machine proved quicker than measured: a step takes at least {} and not {} ({})",
        milliseconds(*summary.raised_limit_ms), milliseconds(measured_ms), decide::source_of_limit(summary));
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

// What is wrong with it, or what is special about its time.
std::string note(const Summary& summary) {
  std::string text = explanation(*summary.result);
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (summary.place.fastest) add("fastest");
  if (const auto times = times_of_limit(summary); !times.empty()) add(times);
  return text;
}

// Place in the ranking: "1", "2=" where it is shared, "?" of one with too few rounds.
std::string rank_of(const Summary& summary) {
  if (!decide::is_ranked(summary)) return "";
  if (!summary.place.number) return "?";
  return fmt::format("{}{}", *summary.place.number, summary.place.shared ? "=" : "");
}

std::vector<std::string> row_of(const Summary& summary) {
  const bool timed = summary.time_ms.has_value();
  return {rank_of(summary),
          summary.result->contestant.name(),
          timed ? milliseconds(summary.time_ms->median) : "-",
          timed ? compared(summary) : "-",
          share(decide::share_of_limit(summary)),
          summary.result->accuracy.verdict == record::Verdict::unchecked ? "-"
                                                                         : accuracy(summary.result->accuracy),
          summary.result->launch ? seconds(summary.result->launch->cold_s) : "-",
          memory_cell(summary),
          note(summary)};
}

std::string percentile(const std::optional<double>& ms) { return ms ? milliseconds(*ms) : "-"; }

std::vector<std::string> samples_row(const Summary& summary) {
  const decide::Percentiles& all = summary.percentiles_ms;
  return {summary.result->contestant.name(),
          percentile(all.p50),
          percentile(all.p90),
          percentile(all.p95),
          percentile(all.p99),
          fmt::format("{}", summary.samples),
          fmt::format("{}", summary.rounds),
          fmt::format("{}", summary.blocks),
          fmt::format("{}", summary.disturbed),
          summary.half_width ? fmt::format("{:.1f} %", 100 * *summary.half_width) : "-"};
}

std::string shown(const std::optional<int64_t>& size) { return size ? bytes(*size) : "-"; }

std::vector<std::string> details_row(const Summary& summary) {
  const auto derived = decide::derived(summary);
  const auto limit = decide::limit_ms(summary);
  const auto warm = decide::warm_start(*summary.result);
  const auto& launch = summary.result->launch;
  return {summary.result->contestant.name(),
          derived.items_per_s ? count(*derived.items_per_s) : "-",
          derived.flop_per_s ? count(*derived.flop_per_s) : "-",
          limit ? milliseconds(*limit) : "-",
          warm ? seconds(warm->total_s) : "-",
          launch ? shown(launch->anonymous_bytes) : "-",
          launch ? shown(launch->file_bytes) : "-",
          launch ? shown(launch->footprint_bytes) : "-"};
}

std::vector<std::string> runner_row(const record::ContestantResult& result) {
  if (!result.runner) return {result.contestant.name(), "-", "-", "-", ""};
  std::vector<std::string> said;
  if (!result.runner->notes.empty()) said.push_back(result.runner->notes);
  for (const auto& [name, value] : result.runner->details) said.push_back(name + ": " + value);
  const auto& threads = result.runner->threads;
  return {result.contestant.name(), result.contestant.version, result.runner->device,
          threads ? fmt::format("{}", *threads) : "-", fmt::format("{}", fmt::join(said, "; "))};
}

std::string heading(const Summary& summary) {
  return one_line(fmt::format("{} {} · {} · {}", summary.result->cell.model, summary.result->cell.size,
                              summary.result->cell.workload, summary.result->cell.precision));
}

std::string coloured(const std::string& line, const Summary& summary) {
  if (summary.result->accuracy.verdict == record::Verdict::wrong)
    return "\033[9;31m" + line + "\033[0m";                   // struck through, red
  if (!summary.time_ms) return "\033[2m" + line + "\033[0m";  // faint
  return line;
}

// Whom the first class is compared with; empty when there is none.
std::string baseline_of(std::span<const Summary> cell) {
  const auto order = decide::ranking(cell);
  return !order.empty() && decide::is_ranked(cell[order[0]]) ? cell[order[0]].ratio_to.value_or("") : "";
}

// A paragraph; empty when there is nothing to say.
std::string markdown_foot(std::span<const Summary> cell) {
  const auto lines = results_foot(cell);
  return lines.empty() ? "" : fmt::format("{}\n\n", fmt::join(lines, "  \n"));
}

std::string figure_text(const std::optional<decide::Figure>& figure) {
  return figure ? milliseconds(figure->median) : "-";
}

// Of a request that is answered token by token: what of its time is what, behind the whole.
void add_tokens(Table& table, std::span<const Summary> cell) {
  constexpr ptrdiff_t kBehindMedian = 3;
  const auto add = [&](std::vector<std::string>& row, std::string first, std::string further) {
    row.insert(row.begin() + kBehindMedian, {std::move(first), std::move(further)});
  };
  table.right.insert(table.right.begin() + kBehindMedian, {true, true});
  add(table.rows.front(), "first token", "each further");
  size_t row = 1;
  for (const size_t i : decide::ranking(cell))
    add(table.rows[row++], figure_text(cell[i].first_token_ms), figure_text(cell[i].further_token_ms));
}

// The results with a column that says whom each ratio is to: it differs from cell to cell, and from class to
// class.
Table with_baselines(std::span<const Summary> cell) {
  Table table = results_table(cell);
  const auto order = decide::ranking(cell);
  *std::ranges::find_if(table.rows.front(), [](const auto& head) { return head.starts_with("ratio"); }) =
      "ratio";
  table.rows.front().emplace_back("ratio to");
  for (size_t i = 0; i < order.size(); ++i)
    table.rows[i + 1].push_back(cell[order[i]].ratio_to.value_or("-"));
  return table;
}

}  // namespace

Table results_table(std::span<const Summary> cell) {
  Table table;
  table.right = {true, false, true, false, true, false, true, true, false};
  const std::string baseline = baseline_of(cell);
  table.rows.push_back({"#", "contestant", "median", baseline.empty() ? "ratio" : "ratio to " + baseline,
                        "of limit", "accuracy", "start", "memory", "note"});
  for (const size_t i : decide::ranking(cell)) table.rows.push_back(row_of(cell[i]));
  if (std::ranges::any_of(cell, [](const Summary& summary) { return summary.first_token_ms.has_value(); }))
    add_tokens(table, cell);
  return table;
}

std::vector<std::string> results_foot(std::span<const Summary> cell) {
  const auto classes = decide::rankings(cell);
  if (classes.size() < 2) return {};
  std::vector<std::string> lines = {
      "Accuracy classes are ranked apart, each with a baseline and a fastest of its own:"};
  for (const auto& members : classes) {
    const Summary& leader = cell[members.front()];
    lines.push_back(one_line(fmt::format("{}: ratio to {}", record::name(leader.result->accuracy.verdict),
                                         leader.ratio_to.value_or(""))));
  }
  return lines;
}

Table details_table(std::span<const Summary> cell) {
  Table table;
  table.right = {false, true, true, true, true, true, true, true};
  std::string item = "items";
  for (const auto& summary : cell)
    if (summary.result->limit) item = summary.result->limit->item;
  table.rows.push_back({"contestant", item + "/s", "FLOP/s", "limit", "warm start", "anonymous memory",
                        "mapped files", "installed"});
  for (const size_t i : decide::ranking(cell)) table.rows.push_back(details_row(cell[i]));
  return table;
}

Table samples_table(std::span<const Summary> cell) {
  Table table;
  table.right = {false, true, true, true, true, true, true, true, true, true};
  table.rows.push_back(
      {"contestant", "p50", "p90", "p95", "p99", "samples", "rounds", "blocks", "disturbed", "known to +-"});
  for (const size_t i : decide::ranking(cell)) table.rows.push_back(samples_row(cell[i]));
  return table;
}

Table runners_table(std::span<const Summary> cell) {
  Table table;
  table.right = {false, false, false, true, false};
  table.rows.push_back({"contestant", "version", "device", "threads", "says of itself"});
  for (const size_t i : decide::ranking(cell)) table.rows.push_back(runner_row(*cell[i].result));
  return table;
}

std::string cell_text(std::span<const Summary> cell, bool colour) {
  const Table table = results_table(cell);
  const auto order = decide::ranking(cell);
  std::string text =
      "\n" + (colour ? "\033[1m" + heading(cell.front()) + "\033[0m" : heading(cell.front())) + "\n";
  std::string body = to_text(table);
  size_t row = 0;
  for (size_t start = 0; start < body.size(); ++row) {
    const size_t end = body.find('\n', start);
    const std::string line = body.substr(start, end - start);
    text += (row > 0 && colour ? coloured(line, cell[order[row - 1]]) : line) + "\n";
    start = end + 1;
  }
  for (const std::string& line : results_foot(cell)) text += "  " + line + "\n";
  for (const auto& line : raised_limits(cell)) text += "  " + line + "\n";
  return text;
}

std::string results_text(std::span<const decide::Summaries> cells, bool colour) {
  std::string text;
  for (const auto& cell : cells) text += cell_text(cell, colour);
  return text;
}

std::string details_text(std::span<const decide::Summaries> cells) {
  std::string text;
  for (const auto& cell : cells)
    text += "\n" + heading(cell.front()) + ", in detail\n" + to_text(details_table(cell)) + "\n" +
            to_text(samples_table(cell)) + "\n" + to_text(runners_table(cell));
  return text;
}

std::string results_markdown(std::span<const decide::Summaries> cells) {
  std::string text;
  for (const auto& cell : cells) {
    text += fmt::format("**{}**\n\n{}\n{}", markdown_text(heading(cell.front())),
                        to_markdown(results_table(cell)), markdown_foot(cell));
    for (const auto& line : raised_limits(cell)) text += line + "\n\n";
  }
  return text;
}

std::string results_csv(std::span<const decide::Summaries> cells) {
  std::vector<Section> sections;
  for (const auto& cell : cells) {
    if (cell.empty()) continue;
    const record::Cell& what = cell.front().result->cell;
    sections.push_back({"",
                        {{"model", what.model},
                         {"size", what.size},
                         {"workload", what.workload},
                         {"precision", what.precision}},
                        with_baselines(cell)});
  }
  return to_csv(sections);
}

}  // namespace assay::report
