#include "report/advice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "base/text.h"
#include "record/machine_words.h"
#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Advice;
using decide::Candidate;
using stats::Comparison;

constexpr double kDecidingMinutes = 10;

const Candidate& eligible(const Advice& advice, size_t i) { return advice.candidates[advice.eligible[i]]; }

std::string name_of(const Candidate& candidate) {
  return one_line(candidate.measured.result->contestant.name());
}

// Time of one over time of the other, both positions in `eligible`.
std::optional<stats::Estimate> ratio_between(const Advice& advice, size_t one, size_t other) {
  for (const decide::Pair& pair : advice.pairs) {
    if (pair.a == one && pair.b == other) return pair.ratio;
    if (pair.a == other && pair.b == one) return stats::inverse(pair.ratio);
  }
  return std::nullopt;
}

std::string wanted_figure(const Candidate& candidate, decide::Goal goal) {
  const auto is = decide::figures_of(*candidate.measured.result);
  if (goal == decide::Goal::start) return is.start_s ? seconds(*is.start_s) + " to the first answer" : "";
  if (goal == decide::Goal::size) return is.footprint_bytes ? bytes(*is.footprint_bytes) + " installed" : "";
  std::string text = is.time_ms ? milliseconds(*is.time_ms) + " a step" : "";
  if (is.first_token_ms && is.further_token_ms)
    return fmt::format("{} a request: {} to the first token, {} for each further one",
                       milliseconds(is.time_ms.value_or(0)), milliseconds(*is.first_token_ms),
                       milliseconds(*is.further_token_ms));
  if (is.p95_ms) text += fmt::format(" (95 % within {})", milliseconds(*is.p95_ms));
  return text;
}

bool by_time(decide::Goal goal) { return goal != decide::Goal::start && goal != decide::Goal::size; }

// The others that may be as good, in words, by what is known of them.
std::map<Comparison, std::vector<std::string>> rivals(const Advice& advice, size_t choice, double margin) {
  std::map<Comparison, std::vector<std::string>> found;
  for (size_t i = 0; i < advice.eligible.size(); ++i) {
    if (i == choice || advice.places[i].number.value_or(1) != 1) continue;
    const auto ratio = ratio_between(advice, i, choice);
    const auto said = ratio ? stats::verdict(*ratio, margin) : Comparison::too_few_rounds;
    found[said].push_back(ratio && ratio->interval
                              ? fmt::format("{} ({})", name_of(eligible(advice, i)),
                                            report::ratio({ratio->median, ratio->interval}))
                              : name_of(eligible(advice, i)));
  }
  return found;
}

std::string deciding_run(const Advice& advice, size_t choice, const AdviceQuestion& question) {
  std::string command =
      fmt::format("assay run -m {} -w {}", question.cell.model, shell_word(question.cell.workload));
  if (question.cell.size != "full") command += " --size " + question.cell.size;
  for (size_t i = 0; i < advice.eligible.size(); ++i) {
    if (i != choice && advice.places[i].number.value_or(1) != 1) continue;
    const auto& contestant = eligible(advice, i).measured.result->contestant;
    command += " -f " + contestant.name();
  }
  return one_line(fmt::format("{} --budget {:.0f}m", command, kDecidingMinutes));
}

std::string choice_sentence(const Advice& advice, size_t choice, const AdviceQuestion& question) {
  const Candidate& taken = eligible(advice, choice);
  const auto verdict = taken.measured.result->accuracy.verdict;
  std::string text = fmt::format("Take {}: {}, {}", name_of(taken), wanted_figure(taken, question.goal),
                                 accuracy(taken.measured.result->accuracy));
  if (verdict != record::Verdict::exact) text += ", and nobody who is exact qualifies";
  const size_t others = advice.eligible.size() - 1;
  if (others == 0) return text + ". Nobody else qualifies.";
  if (advice.places[choice].fastest)
    return text + fmt::format(". {} than {}.", by_time(question.goal) ? "It is faster" : "It has less",
                              others == 1 ? "the other one that qualifies"
                                          : fmt::format("each of the {} others that qualify", others));
  return text + ". Nobody is known to be better.";
}

std::string rivals_sentence(const Advice& advice, size_t choice, const AdviceQuestion& question) {
  std::vector<std::string> parts;
  bool open = false;
  for (const auto& [said, names] : rivals(advice, choice, question.margin)) {
    const std::string all = fmt::format("{}", fmt::join(names, ", "));
    if (said == Comparison::equal || !by_time(question.goal)) {
      parts.push_back(fmt::format("equal within {:.2g} %: {}", 100 * question.margin, all));
      continue;
    }
    open = true;
    parts.push_back(
        fmt::format("{}: {}", said == Comparison::too_few_rounds ? "too few rounds" : "not told apart", all));
  }
  if (parts.empty()) return "";
  std::string text = fmt::format("{}.", fmt::join(parts, "; "));
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  if (open) text += fmt::format(" What would decide it: {}", deciding_run(advice, choice, question));
  return text;
}

// Which runs the figures are of, where they are of several: unpaired comparisons are wider.
std::string runs_sentence(const Advice& advice) {
  std::set<std::string> runs;
  for (size_t i = 0; i < advice.eligible.size(); ++i) runs.insert(eligible(advice, i).measured.run->id);
  if (runs.size() < 2) return "";
  return fmt::format(
      "The figures are of {} runs; what was not measured side by side is compared with wider intervals.",
      runs.size());
}

std::string nobody(const Advice& advice) {
  std::map<std::string, int> reasons;
  for (const Candidate& candidate : advice.candidates)
    for (const std::string& reason : candidate.ruled_out) ++reasons[reason];
  std::vector<std::pair<std::string, int>> sorted(reasons.begin(), reasons.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int>::second);
  std::vector<std::string> words;
  for (const auto& [reason, count] : sorted) words.push_back(fmt::format("{} ({})", one_line(reason), count));
  return fmt::format("Nobody qualifies, of {}: {}.", advice.candidates.size(), fmt::join(words, ", "));
}

std::string size_or_dash(const std::optional<int64_t>& size) { return size ? bytes(*size) : "-"; }

std::string ratio_to_choice(const Advice& advice, size_t i, size_t choice) {
  if (i == choice) return "1";
  const auto ratio = ratio_between(advice, i, choice);
  return ratio ? report::ratio({ratio->median, ratio->interval}) : "-";
}

std::string place_of(const decide::Place& place) {
  return place.number ? fmt::format("{}{}", *place.number, place.shared ? "=" : "") : "?";
}

// What a candidate is, beside its place and its ratio.
std::vector<std::string> figures_row(const Candidate& candidate) {
  const auto is = decide::figures_of(*candidate.measured.result);
  return {size_or_dash(is.memory_bytes), is.start_s ? seconds(*is.start_s) : "-",
          size_or_dash(is.footprint_bytes), accuracy(candidate.measured.result->accuracy),
          candidate.measured.run->started.substr(0, 10)};
}

std::vector<std::string> row_of(const Candidate& candidate, const std::string& place,
                                const std::string& ratio) {
  const auto is = decide::figures_of(*candidate.measured.result);
  std::vector<std::string> row = {place, name_of(candidate), is.time_ms ? milliseconds(*is.time_ms) : "-",
                                  ratio};
  for (std::string& figure : figures_row(candidate)) row.push_back(std::move(figure));
  return row;
}

std::vector<std::string> row_of(const Advice& advice, size_t i, size_t choice) {
  return row_of(eligible(advice, i), place_of(advice.places[i]), ratio_to_choice(advice, i, choice));
}

std::string standing(const Advice& advice, size_t i, size_t choice) {
  if (i == choice) return "choice";
  return std::ranges::find(advice.front, i) == advice.front.end() ? "dominated" : "not dominated";
}

}  // namespace

std::optional<size_t> advised(const Advice& advice) {
  if (advice.eligible.empty()) return std::nullopt;
  const auto first = std::ranges::find_if(advice.places, [](const auto& place) { return place.number == 1; });
  return first == advice.places.end() ? 0 : static_cast<size_t>(first - advice.places.begin());
}

std::vector<std::string> advice_sentences(const Advice& advice, const AdviceQuestion& question) {
  const auto choice = advised(advice);
  if (!choice) return {nobody(advice)};
  std::vector<std::string> sentences = {choice_sentence(advice, *choice, question),
                                        rivals_sentence(advice, *choice, question), runs_sentence(advice)};
  std::erase(sentences, "");
  return sentences;
}

Table advice_table(const Advice& advice) {
  Table table;
  const auto choice = advised(advice);
  if (!choice) return table;
  table.right = {true, false, true, false, true, true, true, false, false};
  table.rows.push_back({"#", "contestant", "time", "ratio to " + name_of(eligible(advice, *choice)), "memory",
                        "start", "installed", "accuracy", "measured"});
  table.rows.push_back(row_of(advice, *choice, *choice));
  for (const size_t i : advice.front)
    if (i != *choice) table.rows.push_back(row_of(advice, i, *choice));
  return table;
}

Section advice_section(const Advice& advice, const AdviceQuestion& question) {
  const auto& [cell, goal, margin] = question;
  Section section{"",
                  {{"model", cell.model},
                   {"size", cell.size},
                   {"workload", cell.workload},
                   {"for", std::string(decide::name(goal))}},
                  {}};
  auto& rows = section.table.rows;
  rows.push_back({"#", "contestant", "time", "ratio to the choice", "memory", "start", "installed",
                  "accuracy", "measured", "standing", "ruled out by"});
  const auto add = [&](std::vector<std::string> row, std::string stands, std::string by) {
    row.push_back(std::move(stands));
    row.push_back(std::move(by));
    rows.push_back(std::move(row));
  };
  const auto choice = advised(advice);
  for (size_t i = 0; choice && i < advice.eligible.size(); ++i)
    add(row_of(advice, i, *choice), standing(advice, i, *choice), "");
  for (const Candidate& candidate : advice.candidates)
    if (!candidate.ruled_out.empty())
      add(row_of(candidate, "", "-"), "ruled out", fmt::format("{}", fmt::join(candidate.ruled_out, ", ")));
  return section;
}

std::vector<std::string> ruled_out_lines(const Advice& advice) {
  std::vector<std::string> lines;
  for (const Candidate& candidate : advice.candidates)
    if (!candidate.ruled_out.empty())
      lines.push_back(
          one_line(fmt::format("{}: {}", name_of(candidate), fmt::join(candidate.ruled_out, ", "))));
  return lines;
}

std::string advice_to_paste(const Advice& advice, const AdviceQuestion& question) {
  const auto choice = advised(advice);
  if (!choice) return "";
  const record::Run& run = *eligible(advice, *choice).measured.run;
  std::string text =
      fmt::format("{} {} ({}, {}) on {}{}, {} threads, {}\n", question.cell.model, question.cell.workload,
                  question.cell.size, question.cell.precision, record::machine_words(run.host),
                  run.host.cpu_design ? " (" + *run.host.cpu_design + ")" : "", run.threads, run.host.os);
  std::string command =
      fmt::format("assay run -m {} -w {}", question.cell.model, shell_word(question.cell.workload));
  for (size_t i = 0; i < advice.eligible.size(); ++i) {
    const auto& result = *eligible(advice, i).measured.result;
    text += fmt::format("- {} {}: {}, ratio {}, {}\n", result.contestant.name(), result.contestant.version,
                        wanted_figure(eligible(advice, i), question.goal),
                        ratio_to_choice(advice, i, *choice), accuracy(result.accuracy));
    command += " -f " + result.contestant.name();
  }
  text += fmt::format("assay {}, run {}; again: {}\n", run.assay, run.id, command);
  return sanitised(text, 1U << 16U);
}

}  // namespace assay::report
