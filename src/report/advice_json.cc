#include <cmath>
#include <nlohmann/json.hpp>

#include "report/advice.h"

namespace assay::report {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json candidate_json(const decide::Candidate& candidate) {
  const record::ContestantResult& result = *candidate.measured.result;
  const auto is = decide::figures_of(result);
  return {{"contestant", result.contestant.name()},
          {"version", result.contestant.version},
          {"language", candidate.language.empty() ? ordered_json(nullptr) : ordered_json(candidate.language)},
          {"verdict", record::name(result.accuracy.verdict)},
          {"outcome", record::name(result.outcome)},
          {"time_ms", or_null(is.time_ms)},
          {"p95_ms", or_null(is.p95_ms)},
          {"first_token_ms", or_null(is.first_token_ms)},
          {"further_token_ms", or_null(is.further_token_ms)},
          {"memory_bytes", or_null(is.memory_bytes)},
          {"start_s", or_null(is.start_s)},
          {"footprint_bytes", or_null(is.footprint_bytes)},
          {"times_f32", or_null(is.error)},
          {"run", candidate.measured.run->id},
          {"started", candidate.measured.run->started},
          {"ruled_out", candidate.ruled_out}};
}

ordered_json pair_json(const decide::Advice& advice, const decide::Pair& pair, double margin) {
  const auto name = [&](size_t i) {
    return advice.candidates[advice.eligible[i]].measured.result->contestant.name();
  };
  const auto& interval = pair.ratio.interval;
  return {{"a", name(pair.a)},
          {"b", name(pair.b)},
          {"ratio", pair.ratio.median},
          {"low", interval ? ordered_json(interval->low) : ordered_json(nullptr)},
          {"high", interval ? ordered_json(interval->high) : ordered_json(nullptr)},
          {"comparison", stats::name(stats::verdict(pair.ratio, margin))}};
}

}  // namespace

std::string advice_json(const decide::Advice& advice, const AdviceQuestion& question) {
  ordered_json candidates = ordered_json::array(), pairs = ordered_json::array(),
               front = ordered_json::array();
  for (size_t i = 0; i < advice.candidates.size(); ++i) {
    candidates.push_back(candidate_json(advice.candidates[i]));
    candidates.back()["place"] = nullptr;
    const decide::Place place = i < advice.places.size() ? advice.places[i] : decide::Place();
    if (place.number) candidates.back()["place"] = {{"number", *place.number}, {"shared", place.shared}};
  }
  for (const decide::Pair& pair : advice.pairs) pairs.push_back(pair_json(advice, pair, question.margin));
  for (const size_t i : advice.front)
    front.push_back(advice.candidates[advice.eligible[i]].measured.result->contestant.name());
  const auto choice = advised(advice);
  const ordered_json document = {
      {"model", question.cell.model},
      {"size", question.cell.size},
      {"workload", question.cell.workload},
      {"precision", question.cell.precision},
      {"for", decide::name(question.goal)},
      {"margin", question.margin},
      {"choice",
       choice ? ordered_json(candidates[advice.eligible[*choice]]["contestant"]) : ordered_json(nullptr)},
      {"sentences", advice_sentences(advice, question)},
      {"front", front},
      {"candidates", candidates},
      {"pairs", pairs}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace assay::report
