#include "report/answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "decide/ranking.h"
#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Summary;
using stats::Comparison;

// A cell, the members of the class that answers, and their comparisons.
struct Question {
  std::span<const Summary> cell;
  std::vector<size_t> members;  // by place, then median
  std::vector<decide::Pair> pairs;
};

std::string name_of(const Summary& summary) { return one_line(summary.result->contestant.name()); }

std::string step_time(const Summary& summary) {
  return summary.time_ms ? milliseconds(summary.time_ms->median) : "-";
}

// a, b and c
std::string listed(std::span<const std::string> names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} and {}", fmt::join(names.first(names.size() - 1), ", "), names.back());
}

// The ratio of one's time to another's, whichever way round it is kept.
std::optional<stats::Estimate> ratio_between(const Question& question, size_t one, size_t other) {
  for (const decide::Pair& pair : question.pairs) {
    if (pair.a == one && pair.b == other) return pair.ratio;
    if (pair.a == other && pair.b == one) return stats::inverse(pair.ratio);
  }
  return std::nullopt;
}

Question question_of(std::span<const Summary> cell, std::vector<size_t> members) {
  std::ranges::stable_sort(members, {}, [&](size_t i) { return cell[i].place.number.value_or(INT_MAX); });
  return {cell, std::move(members), decide::comparisons(cell)};
}

// The others of the first place, by what their comparison with the choice says.
std::map<Comparison, std::vector<std::string>> undecided(const Question& question) {
  std::map<Comparison, std::vector<std::string>> others;
  for (const size_t i : std::span(question.members).subspan(1)) {
    const Summary& other = question.cell[i];
    if (other.place.number.value_or(1) != 1) continue;
    const auto ratio = ratio_between(question, i, question.members.front());
    const auto said = ratio ? stats::verdict(*ratio, other.margin) : Comparison::too_few_rounds;
    const auto width = ratio ? stats::half_width(*ratio) : std::nullopt;
    others[said].push_back(said == Comparison::not_told_apart && width
                               ? fmt::format("{} (±{})", name_of(other), percent(*width))
                               : name_of(other));
  }
  return others;
}

std::string how_sure(const Question& question) {
  const Summary& choice = question.cell[question.members.front()];
  if (question.members.size() == 1) return "nothing else here can be compared with it";
  if (choice.place.fastest)
    return fmt::format(
        "it is faster than {}",
        question.members.size() == 2
            ? name_of(question.cell[question.members[1]])
            : fmt::format("each of the {} others that answer as exactly", question.members.size() - 1));
  std::vector<std::string> parts;
  for (const auto& [said, names] : undecided(question)) {
    if (said == Comparison::equal)
      parts.push_back(fmt::format("{} {} equal to it within {:.2g} %", listed(names),
                                  names.size() == 1 ? "is" : "are", 100 * choice.margin));
    if (said == Comparison::not_told_apart)
      parts.push_back(
          fmt::format("{} {} not told apart from it", listed(names), names.size() == 1 ? "is" : "are"));
    if (said == Comparison::too_few_rounds)
      parts.push_back(fmt::format("of {} there are too few rounds", listed(names)));
  }
  return parts.empty() ? "nothing here is faster" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string heading(const record::Cell& cell) {
  return fmt::format("{} {}", one_line(cell.model), one_line(cell.workload));
}

std::string first_sentence(const Question& question) {
  const Summary& choice = question.cell[question.members.front()];
  const auto verdict = choice.result->accuracy.verdict;
  const std::string apart =
      verdict == record::Verdict::exact ? "" : fmt::format(", which is {}, not exact", record::name(verdict));
  return fmt::format("{}: take {}{}, {} a {}; {}.", heading(choice.result->cell), name_of(choice), apart,
                     step_time(choice), choice.first_token_ms ? "request" : "step", how_sure(question));
}

// "memory 761 MB to 570 MB": the choice's figure, and that of who comes next.
void add_cost(std::vector<std::string>& costs, std::string_view what, const std::optional<std::string>& ours,
              const std::optional<std::string>& theirs) {
  if (ours && theirs) costs.push_back(fmt::format("{} {} to {}", what, *ours, *theirs));
}

std::optional<std::string> size_of(const std::optional<int64_t>& size) {
  return size ? std::optional(bytes(*size)) : std::nullopt;
}

std::optional<std::string> error_of(const Summary& summary) {
  return fmt::format("{:.1f}x", summary.result->accuracy.times_f32);
}

std::string costs(const Summary& choice, const Summary& other) {
  std::vector<std::string> costs;
  const auto &ours = choice.result->launch, &theirs = other.result->launch;
  if (ours && theirs) {
    add_cost(costs, "memory", size_of(ours->peak_bytes), size_of(theirs->peak_bytes));
    add_cost(costs, "start", seconds(ours->cold_s), seconds(theirs->cold_s));
    add_cost(costs, "installed", size_of(ours->footprint_bytes), size_of(theirs->footprint_bytes));
  }
  add_cost(costs, "error in float32 roundings", error_of(choice), error_of(other));
  return fmt::format("{}", fmt::join(costs, ", "));
}

// Who comes next and what the choice costs against it; empty where there is nobody.
std::string second_sentence(const Question& question) {
  if (question.members.size() < 2) return "";
  const size_t second = question.members[1];
  const auto ratio = ratio_between(question, second, question.members.front());
  std::string factor;
  if (ratio) factor = fmt::format(", {} times as long", report::ratio({ratio->median, ratio->interval}));
  const Summary& other = question.cell[second];
  return fmt::format("Next comes {}{}; the choice against it: {}.", name_of(other), factor,
                     costs(question.cell[question.members.front()], other));
}

// The quickest of each other class.
std::string other_classes(std::span<const Summary> cell, std::span<const std::vector<size_t>> classes) {
  std::vector<std::string> parts;
  for (const auto& members : classes.subspan(1)) {
    const Summary& first = cell[members.front()];
    parts.push_back(fmt::format("{} ({}, {})", name_of(first), record::name(first.result->accuracy.verdict),
                                step_time(first)));
  }
  return parts.empty() ? "" : fmt::format("Ranked apart, being less exact: {}.", listed(parts));
}

std::string without_place(std::span<const Summary> cell) {
  std::vector<std::string> parts;
  for (const Summary& summary : cell) {
    if (decide::is_ranked(summary)) continue;
    const auto why = summary.result->failure ? record::name(summary.result->outcome)
                                             : record::name(summary.result->accuracy.verdict);
    parts.push_back(fmt::format("{} ({})", name_of(summary), why));
  }
  return parts.empty() ? "" : fmt::format("Without a time that counts: {}.", listed(parts));
}

}  // namespace

std::vector<std::string> answer(std::span<const Summary> cell) {
  if (cell.empty()) return {};
  const auto classes = decide::rankings(cell);
  std::vector<std::string> sentences;
  if (classes.empty()) {
    sentences.push_back(fmt::format("{}: nothing here can be taken.", heading(cell.front().result->cell)));
  } else {
    const Question question = question_of(cell, classes.front());
    sentences = {first_sentence(question), second_sentence(question), other_classes(cell, classes)};
  }
  sentences.push_back(without_place(cell));
  std::erase(sentences, "");
  return sentences;
}

}  // namespace assay::report
